//! One use of an action: the key of the control it stands under, its word, and the values for its placeholders.
//!
//! Fills every string of a description before it is used.

use std::collections::BTreeMap;

use regex::Regex;

use super::IutError;
use super::control::{Control, HttpRequest};
use super::exec::Surroundings;
use super::placeholder::{Context, Placeholders, fill, translated};

/// One use of an action.
pub(crate) struct Call<'a> {
    control: &'a Control,
    key: String,
    word: String,
    values: Placeholders,
}

impl<'a> Call<'a> {
    /// The use of what stands under `key`, for our `word`; the values are told in the implementation's words.
    pub(crate) fn new(control: &'a Control, key: &str, word: &str, values: &Placeholders) -> Self {
        let mut call = Self {
            control,
            key: key.to_owned(),
            word: word.to_owned(),
            values: translated(values, &control.words),
        };
        let theirs = call.theirs().to_owned();
        call.values.insert("word".to_owned(), theirs);
        call.values
            .insert("copy".to_owned(), control.copy.to_string());
        call
    }

    /// The word, in our language.
    pub(crate) fn word(&self) -> &str {
        &self.word
    }

    /// The word, in the implementation's.
    pub(crate) fn theirs(&self) -> &str {
        self.control
            .words
            .get(&self.word)
            .map_or(&self.word, String::as_str)
    }

    /// What fills the placeholders.
    pub(crate) const fn values(&self) -> &Placeholders {
        &self.values
    }

    /// Where it stands, for messages.
    pub(crate) fn named(&self) -> String {
        self.control.place.names(&self.key)
    }

    /// Fills the placeholders of one text.
    pub(crate) fn filled(&self, text: &str, context: Context) -> Result<String, IutError> {
        fill(text, &self.values, context).map_err(|source| IutError::Placeholder {
            source,
            named: self.named(),
        })
    }

    /// Fills the words of a command.
    pub(crate) fn filled_all(&self, words: &[String]) -> Result<Vec<String>, IutError> {
        words
            .iter()
            .map(|word| self.filled(word, Context::Plain))
            .collect()
    }

    /// Fills a request; a JSON body without a Content-Type gets one.
    pub(crate) fn filled_request(&self, request: &HttpRequest) -> Result<HttpRequest, IutError> {
        let mut headers = Vec::new();
        for (name, value) in &request.headers {
            headers.push((name.clone(), self.filled(value, Context::Plain)?));
        }
        let context = body_context(request);
        if context == Context::Json && content_type(request).is_none() {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        let body = request.body.as_ref().map(|body| self.filled(body, context));
        Ok(HttpRequest {
            method: request.method.clone(),
            url: self.filled(&request.url, Context::Url)?,
            headers,
            body: body.transpose()?,
            within: request.within,
        })
    }

    /// Environment and folder of what is run.
    pub(crate) fn surroundings(&self) -> Result<Surroundings, IutError> {
        let mut environment = BTreeMap::new();
        for (name, value) in &self.control.environment {
            environment.insert(name.clone(), self.filled(value, Context::Plain)?);
        }
        Ok(Surroundings {
            environment,
            directory: self.control.directory.clone(),
        })
    }

    /// The regular expression of the ready line.
    pub(crate) fn pattern(&self, text: &str) -> Result<Regex, IutError> {
        let pattern = self.filled(text, Context::Pattern)?;
        Regex::new(&pattern).map_err(|error| IutError::Pattern {
            pattern,
            named: self.control.place.names("control.ready"),
            reason: error.to_string(),
        })
    }
}

/// How values are written into a body, by its Content-Type or else by its first character.
fn body_context(request: &HttpRequest) -> Context {
    match content_type(request) {
        Some(kind) if kind.contains("json") => Context::Json,
        Some(kind) if kind.contains("x-www-form-urlencoded") => Context::Url,
        Some(_) => Context::Plain,
        None if request
            .body
            .as_ref()
            .is_some_and(|body| body.trim_start().starts_with(['{', '['])) =>
        {
            Context::Json
        }
        None => Context::Plain,
    }
}

fn content_type(request: &HttpRequest) -> Option<String> {
    let field = request
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    field.map(|(_, value)| value.to_lowercase())
}
