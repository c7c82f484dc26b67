//! The page on which the two teams at a table walk through their session: live ladder, prompts, table of verdicts.
//!
//! Serves one session's folder and keeps nothing of its own: what is said is on the disk before it is answered, and what others
//! write there is looked for. Plays nothing; a run that goes on is read from what it leaves in the folder.

mod accept;
mod answer;
mod assets;
mod desk;
mod events;
mod evidence;
mod fingerprint;
mod folder;
mod guard;
mod head;
mod live;
mod problem;
mod row;
mod run;
mod say;
mod server;
mod token;

pub use server::Server;
