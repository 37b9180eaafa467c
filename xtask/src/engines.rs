//! The packed package, and the three engines that run its tests.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::install::cargo_tools;
use crate::install::debian::{self, find, mini_browser};
use crate::install::node_modules;
use crate::npm::{self, consumer};
use crate::process::command;
use crate::{fixture, paths};

/// The programs and folders that Node needs to drive the engines.
pub(crate) struct Engines {
    server: PathBuf,
    consumer: PathBuf,
    geckodriver: PathBuf,
    mini_browser: PathBuf,
}

impl Engines {
    /// Installs browsers and drivers, and the packed package in a project.
    pub(crate) fn prepare() -> Result<Self> {
        use debian::{CHROMEDRIVER, CHROMIUM, FIREFOX, WEBKIT_DRIVER, XAUTH, XVFB};
        debian::programs(&[CHROMIUM, CHROMEDRIVER, FIREFOX, WEBKIT_DRIVER, XVFB, XAUTH])?;
        node_modules::packages(&paths::root().join("tests"))?;
        npm::build()?;
        Ok(Self {
            server: fixture::build_as_tested()?,
            consumer: consumer::project("consumer-of-engines", &npm::tarball()?)?,
            geckodriver: cargo_tools::geckodriver()?,
            mini_browser: mini_browser()?,
        })
    }

    /// Returns Node with all programs and folders in its environment.
    pub(crate) fn node(&self) -> Result<Command> {
        let program = |name| find(name).with_context(|| format!("{name} is not on PATH any more"));
        let mut node = command("node", paths::root());
        node.env("CHROMIUM", program("chromium")?)
            .env("CHROMEDRIVER", program("chromedriver")?)
            .env("FIREFOX", program("firefox-esr")?)
            .env("WEBKIT_DRIVER", program("WebKitWebDriver")?)
            .env("GECKODRIVER", &self.geckodriver)
            .env("MINI_BROWSER", &self.mini_browser)
            .env("FIXTURE_PROGRAM", &self.server)
            .env("CONSUMER", &self.consumer);
        Ok(node)
    }
}
