//! How OSCORE protects each CoAP option: Inner, Outer, or one of each (RFC 8613, 4.1, Figure 5; RFC 8768, 3; RFC 9175, 2.2.1 and 3.2.1).

use coap::option;

/// Where an option stands in an OSCORE message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Inside only: encrypted (Class E).
    Inner,
    /// Outside only: unprotected (Class U).
    Outer,
    /// Inside for the endpoints, outside for proxies or for error messages (E and U).
    Both,
}

/// The class of option `number`; options that nobody defined are Class E (RFC 8613, 4.1).
pub const fn class(number: u16) -> Class {
    match number {
        option::URI_HOST
        | option::URI_PORT
        | option::OSCORE
        | option::HOP_LIMIT
        | option::PROXY_URI
        | option::PROXY_SCHEME => Class::Outer,
        option::OBSERVE
        | option::MAX_AGE
        | option::BLOCK2
        | option::BLOCK1
        | option::SIZE2
        | option::SIZE1
        | option::ECHO
        | option::NO_RESPONSE
        | option::REQUEST_TAG => Class::Both,
        _ => Class::Inner,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8613, Figure 5.
    #[test]
    fn classes_of_figure_5() {
        let rows = [
            (
                Class::Inner,
                vec![1, 4, 5, 8, 11, 12, 15, 17, 20, 2049, 65000],
            ),
            (Class::Outer, vec![3, 7, 9, 35, 39]),
            (Class::Both, vec![6, 14, 23, 27, 28, 60, 258]),
        ];
        for (expected, numbers) in rows {
            for number in numbers {
                assert_eq!(class(number), expected, "option {number}");
            }
        }
    }
}
