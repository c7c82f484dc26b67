//! The model of the notation: what cases, states, configurations, errata and mutants say, with places for carets.

mod case;
mod conduct;
mod configuration;
pub mod duration;
mod erratum;
mod expression;
mod field;
mod line;
mod matcher;
mod mutant;
mod scalar;
mod seat;
mod span;
mod step;
mod text;
mod word;

pub use case::{Behaviour, Bind, Source, State, TestCase, With};
pub use conduct::{Conduct, Fault, Misdeed, SeatConduct};
pub use configuration::{Configuration, Setting, SettingValue, ValueSet};
pub use erratum::Erratum;
pub use expression::{Comparison, Evaluation, Expression, ExpressionNode, Facts};
pub use field::{Field, FieldName, Shape};
pub use line::{Blocks, CoapField, CoapName, Gap, Line, Silenced};
pub use matcher::{Entry, Form, Matcher, Test, TlvKind};
pub use mutant::{Act, Changes, Defect, Handling, Kept, Mutant};
pub use scalar::{Scalar, ScalarKind};
pub use seat::{Role, Seat, SeatError};
pub use span::{Span, Spanned};
pub use step::{Check, ControlVerb, Criteria, Each, EachList, Lasting, Network, NetworkVerb, Step};
pub use text::{Part, Text};
pub use word::{AnswerCode, Word, WordKind};
