//! Transmission parameters of CoAP over UDP and the times derived from them (RFC 7252, 4.8).

use std::time::Duration;

/// What one endpoint goes by; the default is RFC 7252's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Shortest first wait for an Acknowledgement (ACK_TIMEOUT; RFC 7252, 4.8).
    pub ack_timeout: Duration,
    /// Longest first wait, in hundredths of `ack_timeout` (ACK_RANDOM_FACTOR; RFC 7252, 4.8).
    pub ack_random_percent: u32,
    /// Retransmissions after the first transmission (MAX_RETRANSMIT; RFC 7252, 4.8).
    pub max_retransmit: u32,
    /// Longest time that a datagram travels (MAX_LATENCY; RFC 7252, 4.8.2).
    pub max_latency: Duration,
    /// Time after which an Empty Acknowledgement goes ahead of a response that is not there yet (RFC 7252, 5.2.2).
    pub separate_after: Duration,
    /// Wait for a response once the request was acknowledged, or sent as a NON; RFC 7252 sets none.
    pub response_timeout: Duration,
    /// Length of generated tokens, 0 to 8 (RFC 7252, 5.3.1).
    pub token_length: u8,
    /// Preferred block size: 16, 32 .. 1024; other values are rounded down (RFC 7959, 2.2).
    pub block_size: u16,
    /// Whether large bodies are cut and assembled without the caller (RFC 7959).
    pub block_wise: bool,
    /// Longest body that is assembled, in bytes (RFC 7959, 2.9.3).
    pub max_body: usize,
}

impl Parameters {
    /// Longest first wait for an Acknowledgement: ACK_TIMEOUT * ACK_RANDOM_FACTOR (RFC 7252, 4.2).
    pub fn longest_ack_timeout(&self) -> Duration {
        self.ack_timeout.saturating_mul(self.ack_random_percent) / 100
    }

    /// From the first transmission of a CON to its last retransmission (MAX_TRANSMIT_SPAN; RFC 7252, 4.8.2).
    pub fn max_transmit_span(&self) -> Duration {
        let steps = backoff(self.max_retransmit).saturating_sub(1);
        self.longest_ack_timeout().saturating_mul(steps)
    }

    /// From the first transmission of a CON to when its sender gives up (MAX_TRANSMIT_WAIT; RFC 7252, 4.8.2).
    pub fn max_transmit_wait(&self) -> Duration {
        let steps = backoff(self.max_retransmit.saturating_add(1)).saturating_sub(1);
        self.longest_ack_timeout().saturating_mul(steps)
    }

    /// Time a node takes to turn a CON into an ACK, taken as ACK_TIMEOUT (PROCESSING_DELAY; RFC 7252, 4.8.2).
    pub const fn processing_delay(&self) -> Duration {
        self.ack_timeout
    }

    /// Longest round trip: 2 * MAX_LATENCY + PROCESSING_DELAY (MAX_RTT; RFC 7252, 4.8.2).
    pub fn max_rtt(&self) -> Duration {
        self.max_latency
            .saturating_mul(2)
            .saturating_add(self.processing_delay())
    }

    /// From the first transmission of a CON to when its Message ID is free again (EXCHANGE_LIFETIME; RFC 7252, 4.8.2).
    pub fn exchange_lifetime(&self) -> Duration {
        self.max_transmit_span().saturating_add(self.max_rtt())
    }

    /// From the transmission of a NON to when its Message ID is free again (NON_LIFETIME; RFC 7252, 4.8.2).
    pub fn non_lifetime(&self) -> Duration {
        self.max_transmit_span().saturating_add(self.max_latency)
    }
}

/// RFC 7252, 4.8; PROCESSING_DELAY allows 2 s, so the Empty Acknowledgement goes after half of it.
impl Default for Parameters {
    fn default() -> Self {
        let exchange_lifetime = Duration::from_secs(247);
        Self {
            ack_timeout: Duration::from_secs(2),
            ack_random_percent: 150,
            max_retransmit: 4,
            max_latency: Duration::from_secs(100),
            separate_after: Duration::from_secs(1),
            response_timeout: exchange_lifetime,
            token_length: 4,
            block_size: 1024,
            block_wise: true,
            max_body: 1 << 20,
        }
    }
}

/// Factor of the n-th wait against the first.
fn backoff(doublings: u32) -> u32 {
    1_u32.checked_shl(doublings).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7252, 4.8.2, Table 3.
    #[test]
    fn derived_times_are_those_of_the_table() {
        let parameters = Parameters::default();
        let seconds = [
            (parameters.max_transmit_span(), 45),
            (parameters.max_transmit_wait(), 93),
            (parameters.max_rtt(), 202),
            (parameters.exchange_lifetime(), 247),
            (parameters.non_lifetime(), 145),
        ];
        for (time, wanted) in seconds {
            assert_eq!(time, Duration::from_secs(wanted));
        }
    }

    #[test]
    fn absurd_parameters_saturate() {
        let parameters = Parameters {
            ack_timeout: Duration::MAX,
            max_retransmit: u32::MAX,
            ..Parameters::default()
        };
        assert_eq!(parameters.exchange_lifetime(), Duration::MAX);
    }
}
