//! Authentication: HS256 tokens, and the tokens that were revoked.

mod hs256;
mod revocations;
mod token;

pub(crate) use self::revocations::Revocations;
pub(crate) use self::token::{AuthError, COOKIE, TokenKeys, User};
