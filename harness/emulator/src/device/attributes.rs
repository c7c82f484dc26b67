//! Write-Attributes (Core TS, 6.3.4).

use coap::Code;
use lwm2m::Version;

use super::reply::{Refusal, Reply};
use super::request::Request;
use super::rights::Right;
use super::state::{Asker, Device};

impl Device {
    /// Answers a Write-Attributes; attributes are kept per server.
    pub(super) fn write_attributes(
        &mut self,
        asker: Asker,
        request: &Request<'_>,
    ) -> Result<Reply, Refusal> {
        let path = request.path;
        if path.depth() == 0 || (path.depth() == 4 && self.version < Version::V1_1) {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        self.target(path)?;
        self.permit(asker.server, path, Right::Read)?;
        if path.depth() >= 3 && !self.operations(path).read {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        if request.queries.is_empty() {
            return Err(Code::BAD_REQUEST);
        }
        let kind = self
            .definition(path)
            .map(|definition| definition.value_type);
        let table = self.attributes.entry(asker.server).or_default();
        if table.len() >= self.limits.attributes {
            return Err(Code::INTERNAL_SERVER_ERROR);
        }
        table
            .change(path, &request.queries, kind, self.version)
            .map_err(|_| Code::BAD_REQUEST)?;
        Ok(Reply::code(Code::CHANGED))
    }
}
