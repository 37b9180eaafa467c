//! The handlers: one file per area.

pub(super) mod demo;
pub(super) mod events;
pub(super) mod flood;
pub(super) mod health;
pub(super) mod login;
pub(super) mod logs;
pub(super) mod publish;
pub(super) mod tasks;
