//! Units that a definition may name: IANA's SenML registry and OMA's addition.

/// A unit.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) name: &'static str,
    /// The unscaled unit to use instead, and what one of this is in it.
    pub(crate) instead: Option<(&'static str, &'static str)>,
}

/// The unit of this name.
pub(crate) fn find(name: &str) -> Option<&'static Unit> {
    UNITS.iter().find(|unit| unit.name == name)
}

/// The unit that `text` means by another name.
pub(crate) fn meant(text: &str) -> Option<&'static str> {
    let lower = text.trim().to_lowercase();
    let usual = ALIASES.iter().find(|(alias, _)| *alias == lower);
    let same_letters = || {
        UNITS
            .iter()
            .find(|unit| unit.name.to_lowercase() == lower)
            .map(|unit| unit.name)
    };
    usual.map(|(_, name)| *name).or_else(same_letters)
}

const fn plain(name: &'static str) -> Unit {
    Unit {
        name,
        instead: None,
    }
}

const fn scaled(name: &'static str, scale: &'static str, base: &'static str) -> Unit {
    Unit {
        name,
        instead: Some((scale, base)),
    }
}

/// IANA, "SenML Units" (RFC 8428, 12.1; RFC 8798, 2; NTU) with those marked as not recommended, then "Secondary Units" (RFC 8798, 3; CoRE-1),
/// then `Ws` (OMA, LWM2M_senml_units.xml) and the guidelines' `TBD`.
static UNITS: [Unit; 108] = [
    plain("m"),
    plain("kg"),
    scaled("g", "0.001", "kg"),
    plain("s"),
    plain("A"),
    plain("K"),
    plain("cd"),
    plain("mol"),
    plain("Hz"),
    plain("rad"),
    plain("sr"),
    plain("N"),
    plain("Pa"),
    plain("J"),
    plain("W"),
    plain("C"),
    plain("V"),
    plain("F"),
    plain("Ohm"),
    plain("S"),
    plain("Wb"),
    plain("T"),
    plain("H"),
    plain("Cel"),
    plain("lm"),
    plain("lx"),
    plain("Bq"),
    plain("Gy"),
    plain("Sv"),
    plain("kat"),
    plain("m2"),
    plain("m3"),
    scaled("l", "0.001", "m3"),
    plain("m/s"),
    plain("m/s2"),
    plain("m3/s"),
    scaled("l/s", "0.001", "m3/s"),
    plain("W/m2"),
    plain("cd/m2"),
    plain("bit"),
    plain("bit/s"),
    plain("lat"),
    plain("lon"),
    plain("pH"),
    plain("dB"),
    plain("dBW"),
    scaled("Bspl", "10", "dB"),
    plain("count"),
    plain("/"),
    scaled("%", "0.01", "/"),
    scaled("%RH", "0.01", "/"),
    scaled("%EL", "0.01", "/"),
    plain("EL"),
    plain("1/s"),
    scaled("1/min", "1/60", "1/s"),
    scaled("beat/min", "1/60", "1/s"),
    scaled("beats", "1", "count"),
    plain("S/m"),
    plain("B"),
    plain("VA"),
    plain("VAs"),
    plain("var"),
    plain("vars"),
    plain("J/m"),
    plain("kg/m3"),
    scaled("deg", "pi/180", "rad"),
    plain("NTU"),
    scaled("ms", "0.001", "s"),
    scaled("min", "60", "s"),
    scaled("h", "3600", "s"),
    scaled("MHz", "1000000", "Hz"),
    scaled("kW", "1000", "W"),
    scaled("kVA", "1000", "VA"),
    scaled("kvar", "1000", "var"),
    scaled("Ah", "3600", "C"),
    scaled("Wh", "3600", "J"),
    scaled("kWh", "3600000", "J"),
    scaled("varh", "3600", "vars"),
    scaled("kvarh", "3600000", "vars"),
    scaled("kVAh", "3600000", "VAs"),
    scaled("Wh/km", "3.6", "J/m"),
    scaled("KiB", "1024", "B"),
    scaled("GB", "1e9", "B"),
    scaled("Mbit/s", "1000000", "bit/s"),
    scaled("B/s", "8", "bit/s"),
    scaled("MB/s", "8000000", "bit/s"),
    scaled("mV", "0.001", "V"),
    scaled("mA", "0.001", "A"),
    scaled("dBm", "-30 dB + 1", "dBW"),
    scaled("ug/m3", "1e-9", "kg/m3"),
    scaled("mm/h", "1/3600000", "m/s"),
    scaled("m/h", "1/3600", "m/s"),
    scaled("ppm", "1e-6", "/"),
    scaled("/100", "0.01", "/"),
    scaled("/1000", "0.001", "/"),
    scaled("hPa", "100", "Pa"),
    scaled("mm", "0.001", "m"),
    scaled("cm", "0.01", "m"),
    scaled("km", "1000", "m"),
    scaled("km/h", "1/3.6", "m/s"),
    scaled("ppb", "1e-9", "/"),
    scaled("ppt", "1e-12", "/"),
    scaled("VAh", "3600", "VAs"),
    scaled("mg/l", "0.001", "kg/m3"),
    scaled("ug/l", "1e-6", "kg/m3"),
    scaled("g/l", "1", "kg/m3"),
    plain("Ws"),
    // no unit yet: the guidelines' word
    plain("TBD"),
];

/// What authors write for a unit, in lower case.
static ALIASES: [(&str, &str); 44] = [
    ("°c", "Cel"),
    ("degc", "Cel"),
    ("celsius", "Cel"),
    ("degrees celsius", "Cel"),
    ("°", "deg"),
    ("degree", "deg"),
    ("degrees", "deg"),
    ("second", "s"),
    ("seconds", "s"),
    ("sec", "s"),
    ("millisecond", "ms"),
    ("milliseconds", "ms"),
    ("msec", "ms"),
    ("minute", "min"),
    ("minutes", "min"),
    ("hour", "h"),
    ("hours", "h"),
    ("byte", "B"),
    ("bytes", "B"),
    ("bits", "bit"),
    ("bps", "bit/s"),
    ("mbps", "Mbit/s"),
    ("kb", "KiB"),
    ("percent", "/100"),
    ("meter", "m"),
    ("meters", "m"),
    ("metre", "m"),
    ("metres", "m"),
    ("meter/second", "m/s"),
    ("volt", "V"),
    ("volts", "V"),
    ("ampere", "A"),
    ("amperes", "A"),
    ("watt", "W"),
    ("watts", "W"),
    ("hertz", "Hz"),
    ("ω", "Ohm"),
    ("lux", "lx"),
    ("kelvin", "K"),
    ("liter", "l"),
    ("litre", "l"),
    ("rpm", "1/min"),
    ("m³", "m3"),
    ("m²", "m2"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_there_once_and_its_base_is_unscaled() {
        for (place, unit) in UNITS.iter().enumerate() {
            let later = &UNITS[place + 1..];
            assert!(
                later.iter().all(|other| other.name != unit.name),
                "{unit:?}"
            );
            if let Some((_, base)) = unit.instead {
                assert!(
                    find(base).is_some_and(|base| base.instead.is_none()),
                    "{unit:?}"
                );
            }
        }
    }

    #[test]
    fn what_authors_mean() {
        for (text, unit) in [
            ("Mbps", Some("Mbit/s")),
            ("bytes", Some("B")),
            (" Seconds ", Some("s")),
            ("HZ", Some("Hz")),
            ("Ω", Some("Ohm")),
            ("furlong", None),
            ("", None),
        ] {
            assert_eq!(meant(text), unit, "{text}");
        }
        for (alias, unit) in ALIASES {
            assert!(find(unit).is_some() && alias == alias.to_lowercase());
        }
    }
}
