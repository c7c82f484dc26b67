//! A small hierarchy to make chains of, and ways to spoil a certificate.

use credentials::{
    Authority, Certificate, Checks, Fault, PrivateKey, RawExtension, Reference, Request,
    check_server,
};

/// 2026-01-01T00:00:00Z.
pub(crate) const NOW: i64 = 1_767_225_600;

/// A root, an intermediate CA and the key of an end entity.
pub(crate) struct Bench {
    pub(crate) root: Authority,
    pub(crate) intermediate: Authority,
    pub(crate) key: PrivateKey,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let root = Authority::new([1; 32], "root").unwrap();
        let key = PrivateKey::generate([2; 32]);
        let request = Request::authority("intermediate", key.public(), Some(0));
        let intermediate = Authority::from_parts(key, root.issue(&request).unwrap());
        Self {
            root,
            intermediate,
            key: PrivateKey::generate([3; 32]),
        }
    }

    pub(crate) fn root(&self) -> Certificate {
        self.root.certificate().clone()
    }

    pub(crate) fn middle(&self) -> Certificate {
        self.intermediate.certificate().clone()
    }

    /// The root's name and key in another certificate.
    pub(crate) fn root_of(&self, edit: impl Fn(&mut Request)) -> Certificate {
        let mut request = Request::authority("root", self.root.key().public(), None);
        edit(&mut request);
        Authority::self_sign(self.root.key(), &request).unwrap()
    }

    /// The intermediate's name and key in another certificate.
    pub(crate) fn middle_of(&self, edit: impl Fn(&mut Request)) -> Certificate {
        let key = self.intermediate.key().public();
        let mut request = Request::authority("intermediate", key, None);
        edit(&mut request);
        self.root.issue(&request).unwrap()
    }

    /// A sound server.
    pub(crate) fn request(&self) -> Request {
        let mut request = Request::new("server.example.com", self.key.public());
        request.dns = vec!["server.example.com".to_owned()];
        request
    }

    pub(crate) fn edit(&self, edit: impl Fn(&mut Request)) -> Certificate {
        let mut request = self.request();
        edit(&mut request);
        self.by_root(&request)
    }

    pub(crate) fn by_root(&self, request: &Request) -> Certificate {
        self.root.issue(request).unwrap()
    }

    pub(crate) fn by_intermediate(&self, request: &Request) -> Certificate {
        self.intermediate.issue(request).unwrap()
    }

    /// A server below `height` CAs, the top one a root that allows `allowed` below it.
    pub(crate) fn ladder(
        &self,
        height: u8,
        allowed: Option<u32>,
    ) -> (Vec<Certificate>, Vec<Certificate>) {
        let key = PrivateKey::generate([20; 32]);
        let request = Request::authority("top", key.public(), allowed);
        let root = Authority::self_sign(&key, &request).unwrap();
        let mut issuer = Authority::from_parts(key, root.clone());
        let mut chain = Vec::new();
        for step in 1..height {
            let key = PrivateKey::generate([20 + step; 32]);
            let request = Request::authority(&format!("step {step}"), key.public(), None);
            let certificate = issuer.issue(&request).unwrap();
            chain.insert(0, certificate.clone());
            issuer = Authority::from_parts(key, certificate);
        }
        chain.insert(0, issuer.issue(&self.request()).unwrap());
        (chain, vec![root])
    }
}

pub(crate) fn server(chain: &[Certificate], roots: &[Certificate]) -> Result<(), Fault> {
    let reference = Reference::from_host("server.example.com");
    check_server(
        chain,
        None,
        roots,
        Some(&reference),
        Some(NOW),
        Checks::default(),
    )
}

/// nameConstraints with no content: known to the standard, not to this crate.
pub(crate) fn extension(critical: bool) -> RawExtension {
    RawExtension {
        oid: "2.5.29.30".to_owned(),
        critical,
        content: vec![0x30, 0],
    }
}

/// Spoils the last bit of the signature.
pub(crate) fn damage(certificate: &Certificate) -> Certificate {
    let mut der = certificate.der().to_vec();
    *der.last_mut().unwrap() ^= 1;
    Certificate::from_der(&der).unwrap()
}

/// Replaces the first `times` occurrences of some bytes by as many others.
pub(crate) fn patch(
    certificate: &Certificate,
    from: &[u8],
    to: &[u8],
    times: usize,
) -> Certificate {
    assert_eq!(from.len(), to.len());
    let mut der = certificate.der().to_vec();
    let mut done = 0;
    for start in 0..der.len() - from.len() {
        if done < times && der[start..].starts_with(from) {
            der[start..start + to.len()].copy_from_slice(to);
            done += 1;
        }
    }
    assert_eq!(done, times);
    Certificate::from_der(&der).unwrap()
}
