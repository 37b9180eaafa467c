//! A login at the server, and the token that it returns.

use std::cell::RefCell;
use std::rc::Rc;

use authenticated_event_source::browser::{AttemptContext, BoxError, Token, TokenProvider};
use futures_util::future::LocalBoxFuture;
use gloo_net::Error;
use gloo_net::http::Request;
use serde::{Deserialize, Serialize};

/// Seconds that a token lives. The source renews it before.
const TOKEN_LIFETIME: u32 = 60;

/// A user who has logged in. Clones share the token.
#[derive(Clone)]
pub struct Session {
    user: String,
    token: Rc<RefCell<String>>,
}

#[derive(Serialize)]
struct Login<'a> {
    user: &'a str,
    ttl: u32,
}

#[derive(Deserialize)]
struct LoggedIn {
    token: String,
}

impl Session {
    /// Logs in.
    ///
    /// # Errors
    /// The server could not be reached, or refused the user.
    pub async fn log_in(user: String) -> Result<Self, Error> {
        let session = Self {
            user,
            token: Rc::default(),
        };
        session.refresh().await?;
        Ok(session)
    }

    async fn refresh(&self) -> Result<(), Error> {
        let login = Login {
            user: &self.user,
            ttl: TOKEN_LIFETIME,
        };
        let response = Request::post("/login").json(&login)?.send().await?;
        if !response.ok() {
            let status = response.status();
            return Err(Error::GlooError(format!("the login answered {status}")));
        }
        let LoggedIn { token } = response.json().await?;
        self.token.replace(token);
        Ok(())
    }
}

/// Two sessions are equal if they share their token, so that a component starts anew with another session.
impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.token, &other.token)
    }
}

impl TokenProvider for Session {
    fn token(&self, _: AttemptContext) -> LocalBoxFuture<'static, Result<Option<Token>, BoxError>> {
        let token = Token::new(self.token.borrow().as_str());
        Box::pin(async { Ok(Some(token)) })
    }

    /// Called after a 401, and if a renewal returned the token of before.
    fn on_unauthorized(
        &self,
        _: AttemptContext,
    ) -> LocalBoxFuture<'static, Result<bool, BoxError>> {
        let session = self.clone();
        Box::pin(async move {
            session.refresh().await?;
            Ok(true)
        })
    }

    fn has_refresh(&self) -> bool {
        true
    }
}
