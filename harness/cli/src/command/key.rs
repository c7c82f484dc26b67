//! `key`: makes and shows the keys of teams.

use crate::args::Key;
use crate::{ExitCode, Trouble, output};

/// Makes or shows a key.
pub(crate) fn key(key: &Key) -> Result<ExitCode, Trouble> {
    match key {
        Key::New(args) => {
            let (public, secret, handed_out) = sessions::new_key(&args.name, &args.out)?;
            output::print(&format!(
                "secret key: {}, for the team alone\npublic key: {}, to hand out\nfingerprint: {}\n",
                secret.display(),
                handed_out.display(),
                public.fingerprint()
            ));
        }
        Key::Show(args) => {
            let public = sessions::read_public(&args.file)?;
            let name = report::visible(&public.name).into_owned();
            let (print, sign, seal) = (public.fingerprint(), &public.sign, &public.seal);
            output::print(&format!(
                "name:        {name}\nfingerprint: {print}\nsigns:       {sign}\nsealed to:   {seal}\n",
                seal = report::visible(seal)
            ));
        }
    }
    Ok(ExitCode::Passed)
}
