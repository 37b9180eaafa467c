//! The report of a run: the result and the duration of each step, and the totals.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Error, Result, anyhow};

use crate::process;
use crate::progress::timed;

#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
    left_out: Vec<LeftOut>,
}

struct Row {
    name: String,
    took: Duration,
    failure: Option<String>,
}

/// A step that cannot run on this machine, and the reason.
struct LeftOut {
    name: String,
    reason: String,
}

/// A step failed whose result the rest of its suite needs.
pub(crate) struct CannotContinue;

impl Report {
    /// Runs one step and records its result.
    pub(crate) fn check<T>(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T, CannotContinue> {
        println!("\n=== {name}");
        let (result, took) = timed(|| match process::is_interrupted() {
            true => Err(anyhow!("interrupted")),
            false => work(),
        });
        let failure = result.as_ref().err().map(|error| format!("{error:#}"));
        match &failure {
            None => println!("=== {name}: passed in {:.1} s", took.as_secs_f64()),
            Some(failure) => println!(
                "=== {name}: FAILED after {:.1} s: {failure}",
                took.as_secs_f64()
            ),
        }
        self.rows.push(Row {
            name: name.to_owned(),
            took,
            failure,
        });
        result.map_err(|_| CannotContinue)
    }

    /// Records a step that did not run. It is not a failure, but the report names it.
    pub(crate) fn leave_out(&mut self, name: &str, reason: &Error) {
        let reason = format!("{reason:#}");
        println!("\n=== {name}: NOT RUN: {reason}");
        self.left_out.push(LeftOut {
            name: name.to_owned(),
            reason,
        });
    }

    /// Prints the table and the totals.
    pub(crate) fn finish(self) -> ExitCode {
        println!("\n{:<44}{:>10}  result", "step", "seconds");
        for Row {
            name,
            took,
            failure,
        } in &self.rows
        {
            let verdict = if failure.is_some() {
                "FAILED"
            } else {
                "passed"
            };
            println!("{name:<44}{:>10.1}  {verdict}", took.as_secs_f64());
        }
        let failed: Vec<_> = self
            .rows
            .iter()
            .filter(|row| row.failure.is_some())
            .collect();
        for Row { name, failure, .. } in &failed {
            println!("failed: {name}: {}", failure.as_deref().unwrap_or_default());
        }
        for LeftOut { name, reason } in &self.left_out {
            println!("not run: {name}: {reason}");
        }
        println!(
            "\n{} passed, {} failed",
            self.rows.len() - failed.len(),
            failed.len()
        );
        if failed.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}
