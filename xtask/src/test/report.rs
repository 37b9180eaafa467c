//! The steps of a run: what each did, how long it took, and the sum.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Error, Result, anyhow};

use crate::process;
use crate::step::timed;

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

/// A step that this machine has no means for, and why.
struct LeftOut {
    name: String,
    reason: String,
}

/// A step failed, and what follows in its suite needs what it should have made.
pub(crate) struct CannotGoOn;

impl Report {
    /// Does one step and notes how it ended.
    pub(crate) fn check<T>(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T, CannotGoOn> {
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
        result.map_err(|_| CannotGoOn)
    }

    /// Notes a step that was not run, which is no failure, and is not to be overlooked.
    pub(crate) fn leave_out(&mut self, name: &str, reason: &Error) {
        let reason = format!("{reason:#}");
        println!("\n=== {name}: NOT RUN: {reason}");
        self.left_out.push(LeftOut {
            name: name.to_owned(),
            reason,
        });
    }

    /// Prints the table and the sum.
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
