//! Execute (Core TS, 6.3.5) and what the executable Resources of the core Objects do.

use coap::{Code, ContentFormat, Time};
use lwm2m::operation::{self, Argument};
use lwm2m::{Path, Value, Version};

use super::reply::{Effect, Refusal, Reply};
use super::request::Request;
use super::rights::Right;
use super::state::{Asker, Device};

impl Device {
    /// Answers an Execute; what follows from it is left in `effects`.
    pub(super) fn execute(
        &mut self,
        asker: Asker,
        request: &Request<'_>,
    ) -> Result<Reply, Refusal> {
        let path = request.path;
        self.target(path)?;
        self.permit(asker.server, path, Right::Execute)?;
        if !self.operations(path).execute {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        if request
            .content_format
            .is_some_and(|format| format != ContentFormat::TEXT)
        {
            return Err(Code::BAD_REQUEST);
        }
        let arguments = arguments(request.payload()).ok_or(Code::BAD_REQUEST)?;
        if !self.may_update_firmware(path) {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        self.carry_out(asker.now, path);
        self.list_arguments(path, &arguments);
        let arguments = String::from_utf8_lossy(request.payload()).into_owned();
        self.effects.push(Effect::Executed { path, arguments });
        Ok(Reply::code(Code::CHANGED))
    }

    fn carry_out(&mut self, now: Time, path: Path) {
        let server = path.instance().and_then(|id| self.number(&[1, id, 0]));
        let server = server.and_then(|id| u16::try_from(id).ok()).unwrap_or(0);
        let effect = match *path.ids() {
            [1, _, 4] => Effect::Disable(server),
            [1, _, 8] => Effect::UpdateTrigger(server),
            [1, _, 9] if self.version >= Version::V1_1 => Effect::BootstrapTrigger,
            [3, _, 4] => Effect::Reboot,
            [3, _, 5] => Effect::FactoryReset,
            [5, instance, 2] => {
                self.update_firmware(instance);
                Effect::Reboot
            }
            [3, instance, 12] => return self.reset_error_code(instance),
            [7, instance, 6] => return self.start_collection(now, instance),
            [7, _, 7] => return self.stop_collection(now),
            [20, instance, 4011] => return self.start_log(instance),
            [20, instance, 4012] => return self.stop_log(instance),
            _ => return,
        };
        self.effects.push(effect);
    }

    /// /3441/x/3 and /3442/x/3: what an Execute brought is to be read at /x/4, by digit.
    fn list_arguments(&mut self, path: Path, arguments: &[Argument]) {
        let [TEST_1_0 | TEST_1_1, _, 3] = *path.ids() else {
            return;
        };
        let Some(list) = path.parent().and_then(|instance| instance.child(4)) else {
            return;
        };
        self.store.empty(list);
        for argument in arguments {
            if let Some(at) = list.child(argument.digit.into()) {
                let value = argument.value.clone().unwrap_or_default();
                self.store.set(at, Value::String(value));
            }
        }
    }

    /// /3/0/12: the Error Code becomes "no error" alone (Core TS, E.4).
    fn reset_error_code(&mut self, instance: u16) {
        if let Some(code) = Path::new(&[3, instance, 11]) {
            self.store.empty(code);
        }
        if let Some(first) = Path::new(&[3, instance, 11, 0]) {
            self.store.set(first, Value::Integer(0));
        }
    }
}

/// The arguments of an Execute, if they follow its grammar (Core TS, 6.3.5).
fn arguments(payload: &[u8]) -> Option<Vec<Argument>> {
    let execute = operation::Execute {
        payload: payload.to_vec(),
        ..operation::Execute::default()
    };
    execute.arguments().ok()
}

/// LwM2M v1.0 and v1.1 Test Object of the OMA registry.
const TEST_1_0: u16 = 3441;
const TEST_1_1: u16 = 3442;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_grammar_of_arguments() {
        let cases = [
            ("", true),
            ("5", true),
            ("2='10.3'", true),
            ("7,0='https://example.org'", true),
            ("0,1,2,3,4", true),
            ("0=''", true),
            ("5,", false),
            (",5", false),
            ("a", false),
            ("10", false),
            ("1='a b'", false),
            ("1='a", false),
            ("1=a", false),
            ("1,1", false),
            ("1='\\'", false),
            ("ü", false),
        ];
        for (text, taken) in cases {
            assert_eq!(arguments(text.as_bytes()).is_some(), taken, "{text:?}");
        }
        assert!(arguments(&[0xff]).is_none());
    }
}
