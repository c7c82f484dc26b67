//! The object list of Register and Update (Core TS, 6.2.1).

use coap::ContentFormat;
use lwm2m::Path;

use super::Client;

impl Client {
    /// The Objects and Object Instances of this client, as links.
    ///
    /// An Object is a link of its own without instances, or with a version that has to be told.
    pub fn object_list(&self) -> String {
        self.object_list_without(&[])
    }

    /// The object list without these Objects and Object Instances.
    pub(super) fn object_list_without(&self, left_out: &[Path]) -> String {
        let mut links: Vec<String> = self.root_link().into_iter().collect();
        let device = &self.device;
        for id in device.store.objects().filter(|id| !device.is_hidden(*id)) {
            let Some(object) = Path::new(&[id]) else {
                continue;
            };
            let instances = device.store.instance_paths(object);
            match device.unusual_version(id) {
                Some(version) => links.push(format!("<{object}>;ver={version}")),
                None if instances.is_empty() => links.push(format!("<{object}>")),
                None => {}
            }
            let told = instances.iter().filter(|path| !left_out.contains(path));
            links.extend(told.map(|instance| format!("<{instance}>")));
        }
        links.join(",")
    }

    fn root_link(&self) -> Option<String> {
        let configuration = &self.configuration;
        let formats = &configuration.announced_formats;
        if configuration.alternate_path.is_none() && formats.is_empty() {
            return None;
        }
        let path = configuration.alternate_path.as_deref().unwrap_or("/");
        let ct = match formats.as_slice() {
            [] => String::new(),
            [only] => format!(";ct={}", only.0),
            several => format!(";ct=\"{}\"", numbers(several)),
        };
        Some(format!("<{path}>;rt=\"oma.lwm2m\"{ct}"))
    }
}

fn numbers(formats: &[ContentFormat]) -> String {
    let numbers: Vec<String> = formats.iter().map(|format| format.0.to_string()).collect();
    numbers.join(" ")
}
