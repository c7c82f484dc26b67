//! The connectivity management Objects (registry, Objects 10 to 13): active profiles are listed, and the preferred bearer is used.

use lwm2m::{Path, Value};

use super::reply::Effect;
use super::state::Device;

impl Device {
    /// Follows a change at `path`.
    pub(super) fn follow_connectivity(&mut self, path: Path) {
        match *path.ids() {
            [PROFILE, _] | [PROFILE, _, ENABLED] => self.list_active_profiles(),
            [BEARER, _, PREFERRED, 0] => self.use_bearer(path),
            _ => {}
        }
    }

    /// /10/0/11 names the profiles that are enabled.
    fn list_active_profiles(&mut self) {
        let Some(list) = Path::new(&[CELLULAR, 0, ACTIVE_PROFILES]) else {
            return;
        };
        if !self.store.contains(list) {
            return;
        }
        let profiles: Vec<u16> = self.store.instances(PROFILE).collect();
        let enabled = |id: &u16| self.truth(&[PROFILE, *id, ENABLED]) == Some(true);
        let active: Vec<u16> = profiles.into_iter().filter(enabled).collect();
        self.store.empty(list);
        for (at, instance) in (0..).zip(active) {
            let object = PROFILE;
            if let Some(path) = list.child(at) {
                self.store.set(path, Value::ObjectLink { object, instance });
            }
        }
    }

    /// The WLAN goes up if it is preferred, else down; the servers hear of the new bearer by an Update.
    fn use_bearer(&mut self, path: Path) {
        let wlan = self.number(path.ids()) == Some(WLAN_PREFERRED);
        let interfaces: Vec<Path> = self
            .store
            .instances(WLAN)
            .filter_map(|id| Path::new(&[WLAN, id]))
            .collect();
        for interface in interfaces {
            let values = [
                (WLAN_ENABLED, Value::Boolean(wlan)),
                (WLAN_STATUS, Value::Integer(i64::from(wlan))),
            ];
            for (resource, value) in values {
                if let Some(path) = interface.child(resource) {
                    self.configure(path, value);
                }
            }
        }
        self.effects.push(Effect::BearerChanged);
    }
}

/// Cellular Connectivity Object.
const CELLULAR: u16 = 10;
const ACTIVE_PROFILES: u16 = 11;
/// APN Connection Profile Object.
const PROFILE: u16 = 11;
const ENABLED: u16 = 3;
/// WLAN Connectivity Object.
const WLAN: u16 = 12;
const WLAN_ENABLED: u16 = 1;
const WLAN_STATUS: u16 = 3;
/// Bearer Selection Object.
const BEARER: u16 = 13;
const PREFERRED: u16 = 0;
/// Preferred Communications Bearer: WLAN.
const WLAN_PREFERRED: i64 = 7;
