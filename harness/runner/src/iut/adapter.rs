//! Command adapters: programs of the implementation's side that are given a word and do what it says.
//!
//! One that answers 0, done, to a word that cannot exist would make every stimulus look given; so each is tried with
//! such a word before its first use.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Where in a command the word stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Adapter {
    /// The command with the arguments before the word, which identify the adapter.
    pub(crate) command: Vec<String>,
    /// The command with a word that cannot exist.
    pub(crate) trial: Vec<String>,
}

impl Adapter {
    /// Recognises an adapter: an argument that is the word, in our language or theirs, or holds `${word}`.
    ///
    /// A command without one does one thing only and is not tried.
    pub(crate) fn of(
        command: &[String],
        ours: &str,
        theirs: &str,
        impossible: &str,
    ) -> Option<Self> {
        let bears = |argument: &&String| is_word(argument, ours, theirs) || argument.contains(WORD);
        let (program, arguments) = command.split_first()?;
        let first = arguments.iter().position(|argument| bears(&argument))?;
        let replaced = arguments.iter().map(|argument| {
            if is_word(argument, ours, theirs) {
                impossible.to_owned()
            } else {
                argument.replace(WORD, impossible)
            }
        });
        Some(Self {
            command: command.get(..=first)?.to_vec(),
            trial: std::iter::once(program.clone()).chain(replaced).collect(),
        })
    }
}

/// A word that no adapter can know.
pub(crate) fn impossible_word() -> String {
    let random = RandomState::new().build_hasher().finish();
    format!("no-such-word-{random:016x}")
}

fn is_word(argument: &str, ours: &str, theirs: &str) -> bool {
    argument == ours || argument == theirs
}

/// The placeholder of the word.
const WORD: &str = "${word}";

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &str) -> Vec<String> {
        command.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn finds_the_word_and_replaces_it() {
        for (command, identity, trial) in [
            ("./adapter read ${path}", "./adapter", "./adapter X ${path}"),
            (
                "python3 a.py ${word} ${path}",
                "python3 a.py",
                "python3 a.py X ${path}",
            ),
            ("curl -d do=${word} URL", "curl -d", "curl -d do=X URL"),
            ("./adapter lesen", "./adapter", "./adapter X"),
        ] {
            let adapter = Adapter::of(&words(command), "read", "lesen", "X").unwrap();
            assert_eq!(adapter.command, words(identity), "{command}");
            assert_eq!(adapter.trial, words(trial), "{command}");
        }
    }

    #[test]
    fn a_command_without_a_word_is_no_adapter() {
        for command in ["./read", "read", "./reader --read=1", "sh -c read"] {
            let found = Adapter::of(&words(command), "update", "update", "X");
            assert_eq!(found, None, "{command}");
        }
    }

    #[test]
    fn impossible_words_differ() {
        assert_ne!(impossible_word(), impossible_word());
    }
}
