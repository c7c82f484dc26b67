//! Images that an emulated client can install: what it looks at, and how they are made.
//!
//! Layout: `TFW1`, a byte of flags, the version with its length before it, filling, a CRC-32 of all that.

/// A firmware image of the emulated device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Version that the device has with it.
    pub version: String,
    /// Whether it can be installed; one that cannot is downloaded like any other.
    pub installs: bool,
}

/// Why an image is not taken (Core TS, E.6, values of Update Result).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageError {
    /// Its check sum is wrong.
    Damaged,
    /// It is of another kind.
    Foreign,
}

impl Image {
    /// An image of `version`.
    pub fn new(version: &str) -> Self {
        Self {
            version: version.to_owned(),
            installs: true,
        }
    }

    /// Its bytes, `size` of them if that is enough for all it says.
    pub fn encode(&self, size: usize) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(u8::from(!self.installs));
        let version = self.version.as_bytes();
        let length = u8::try_from(version.len()).unwrap_or(u8::MAX);
        bytes.push(length);
        bytes.extend(version.iter().take(length.into()));
        let mut filling = 0u32;
        while bytes.len() + CHECK < size {
            filling = filling.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            bytes.push((filling >> 16) as u8);
        }
        bytes.extend(crc32(&bytes).to_be_bytes());
        bytes
    }

    /// The image that these bytes are.
    pub fn decode(bytes: &[u8]) -> Result<Self, ImageError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(ImageError::Foreign)?;
        let split = bytes.len().checked_sub(CHECK).ok_or(ImageError::Damaged)?;
        let (body, check) = bytes.split_at_checked(split).ok_or(ImageError::Damaged)?;
        if crc32(body).to_be_bytes() != check {
            return Err(ImageError::Damaged);
        }
        let (flags, length) = match rest {
            [flags, length, ..] => (*flags, usize::from(*length)),
            _ => return Err(ImageError::Damaged),
        };
        let version = rest.get(2..2 + length).ok_or(ImageError::Damaged)?;
        Ok(Self {
            version: String::from_utf8_lossy(version).into_owned(),
            installs: flags & 1 == 0,
        })
    }
}

/// The same bytes with one of them changed, so that the check fails.
pub fn damaged(image: &[u8]) -> Vec<u8> {
    let mut bytes = image.to_vec();
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte = !*byte;
    }
    bytes
}

/// CRC-32 as in Ethernet (ISO/IEC 8802-3), bit by bit: images are small.
fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (POLYNOMIAL & 0u32.wrapping_sub(sum & 1));
        }
    }
    !sum
}

/// What an image of this device begins with.
const MAGIC: &[u8] = b"TFW1";
/// Length of the check sum.
const CHECK: usize = 4;
/// Reversed polynomial of CRC-32.
const POLYNOMIAL: u32 = 0xedb8_8320;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_survives_and_damage_shows() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        for (installs, size) in [(true, 0), (true, 3000), (false, 17)] {
            let image = Image {
                version: "2.0".to_owned(),
                installs,
            };
            let bytes = image.encode(size);
            assert_eq!(bytes.len(), size.max(13));
            assert_eq!(Image::decode(&bytes), Ok(image));
            assert_eq!(Image::decode(&damaged(&bytes)), Err(ImageError::Damaged));
        }
        assert_eq!(Image::decode(b"other"), Err(ImageError::Foreign));
        assert_eq!(Image::decode(b"TFW1"), Err(ImageError::Damaged));
    }
}
