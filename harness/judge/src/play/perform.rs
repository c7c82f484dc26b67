//! What a seat of the harness is told to send, whole or block by block.

use testcase::{Line, Word};

use super::Play;
use super::active::{Active, Failure};
use super::advance::addressee;
use super::exchange::mistake;
use crate::command::{Command, OptionChange};

impl Play {
    /// Tells the line's seat to send what the line says.
    pub(super) fn perform(&mut self, active: &Active, line: &Line) -> Result<(), Box<Failure>> {
        let to = addressee(line, &active.step);
        let view = self.view(&active.own, false);
        let request = self
            .surroundings(&view, line)
            .request(line)
            .map_err(|unwritable| mistake(line, &unwritable))?;
        let (seat, mut request) = (line.seat, Box::new(request));
        if request.options.iter().any(is_block) {
            // each block is an exchange of its own, and known by its token
            let number = self.by_hand;
            let token = request.token.get_or_insert_with(|| block_token(number));
            self.transfer.by_hand(token.clone());
            self.by_hand += 1;
        }
        self.tell(Command::Perform { seat, to, request });
        Ok(())
    }
}

impl Play {
    /// Tells the line's seat what to do with its channel; a handshake and its flights come of themselves.
    pub(super) fn do_with_channel(&mut self, active: &Active, line: &Line) {
        let to = addressee(line, &active.step);
        let word = line.word.value;
        let by_hand = matches!(
            word,
            Word::Close | Word::Alert | Word::Ping | Word::Release | Word::Abort | Word::Disconnect
        );
        if !(by_hand || word == Word::ClientHello && line.trigger == Some(true)) {
            return;
        }
        let description = line
            .field(testcase::FieldName::Description)
            .and_then(crate::template::own_value)
            .map(ToString::to_string);
        let seat = line.seat;
        self.tell(Command::Channel {
            seat,
            to,
            word,
            description,
        });
    }
}

/// Whether a case says itself which block it sends or asks for.
fn is_block(change: &OptionChange) -> bool {
    let later = |value: &Vec<u8>| coap::Block::decode(value).is_ok_and(|block| block.number > 0);
    match change.number {
        coap::option::BLOCK1 => true,
        coap::option::BLOCK2 => change.values.iter().any(later),
        _ => false,
    }
}

/// The token of a block that a case sends by hand.
fn block_token(number: u32) -> coap::Token {
    let mut bytes = vec![0xb1];
    bytes.extend(number.to_be_bytes());
    coap::Token(bytes)
}
