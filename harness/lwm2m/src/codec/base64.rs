//! Base64 (RFC 4648): the standard alphabet with padding (4) and the URL alphabet without (5).
//!
//! The reader takes both alphabets, with and without padding, and tells what it met.

/// Alphabet and padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Standard alphabet with padding: plain text and LwM2M JSON.
    Padded,
    /// URL alphabet without padding: SenML JSON.
    UrlUnpadded,
}

/// Reads base64; the second value tells whether the text keeps `form`.
pub(super) fn decode(text: &str, form: Form) -> Option<(Vec<u8>, bool)> {
    let bare = text.trim_end_matches('=');
    let padding = text.len() - bare.len();
    let padded_right = padding > 0 && text.len().is_multiple_of(4) && padding <= 2;
    if padding > 0 && !padded_right {
        return None;
    }
    let (mut bytes, mut bits, mut count) = (Vec::with_capacity(bare.len() * 3 / 4), 0u32, 0u8);
    for byte in bare.bytes() {
        bits = bits << 6 | u32::from(digit(byte)?);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    if count >= 6 || bits != 0 {
        return None;
    }
    let other_alphabet = match form {
        Form::Padded => ['-', '_'],
        Form::UrlUnpadded => ['+', '/'],
    };
    let padding_kept = match form {
        Form::Padded => text.len().is_multiple_of(4),
        Form::UrlUnpadded => padding == 0,
    };
    Some((bytes, padding_kept && !bare.contains(other_alphabet)))
}

/// Writes base64.
pub(super) fn encode(bytes: &[u8], form: Form) -> String {
    let alphabet = match form {
        Form::Padded => STANDARD,
        Form::UrlUnpadded => URL,
    };
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0, |group, index| {
            group << 8 | u32::from(chunk.get(index).copied().unwrap_or(0))
        });
        for index in 0..4 {
            if index <= chunk.len() {
                let digit = (group >> (18 - 6 * index)) & 63;
                text.push(
                    alphabet
                        .get(digit as usize)
                        .map_or('A', |byte| char::from(*byte)),
                );
            } else if form == Form::Padded {
                text.push('=');
            }
        }
    }
    text
}

const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// RFC 4648, table 1.
const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// RFC 4648, table 2.
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_written_and_read() {
        for (bytes, padded, url) in [
            (&b""[..], "", ""),
            (b"f", "Zg==", "Zg"),
            (b"fo", "Zm8=", "Zm8"),
            (b"foo", "Zm9v", "Zm9v"),
            (b"\xfb\xff", "+/8=", "-_8"),
        ] {
            assert_eq!(encode(bytes, Form::Padded), padded);
            assert_eq!(encode(bytes, Form::UrlUnpadded), url);
            assert_eq!(decode(padded, Form::Padded), Some((bytes.to_vec(), true)));
            assert_eq!(decode(url, Form::UrlUnpadded), Some((bytes.to_vec(), true)));
        }
        assert_eq!(
            decode("+/8", Form::UrlUnpadded),
            Some((vec![0xfb, 0xff], false))
        );
        assert_eq!(decode("Zg", Form::Padded), Some((vec![b'f'], false)));
    }

    #[test]
    fn what_is_not_base64_is_refused() {
        for text in ["Z", "Zh==", "Zg=", "Zg===", "Z g=", "====", "Zm9vé"] {
            assert_eq!(decode(text, Form::Padded), None, "{text}");
        }
    }
}
