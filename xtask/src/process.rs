//! Programs that end when this program ends.
//!
//! Each runs in a process group of its own, so that its end also ends its children: a browser under
//! its driver, a server under a test. For the same reason this program forwards Ctrl-C to them.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use rustix::process::{Pid, Signal, kill_process_group};

/// The time between the request to end and the kill.
const GRACE: Duration = Duration::from_secs(8);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static LIVE: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

fn live() -> MutexGuard<'static, BTreeSet<i32>> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forwards Ctrl-C and termination to all running programs. A second Ctrl-C kills them.
pub(crate) fn end_children_with_us() -> Result<()> {
    ctrlc::set_handler(|| {
        let again = INTERRUPTED.swap(true, Ordering::SeqCst);
        let signal = if again { Signal::KILL } else { Signal::TERM };
        let groups = live();
        if groups.is_empty() {
            // No program ends, so nothing would wake the main thread from its wait for another run.
            std::process::exit(130);
        }
        groups.iter().for_each(|group| signal_group(*group, signal));
    })
    .context("cannot listen for Ctrl-C")
}

/// Returns whether the user pressed Ctrl-C.
pub(crate) fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

fn signal_group(group: i32, signal: Signal) {
    if let Some(group) = Pid::from_raw(group) {
        // The only possible error is that the group has ended.
        let _ = kill_process_group(group, signal);
    }
}

/// A running program. Dropping it sends the signal to terminate, and later kills it.
pub(crate) struct Running {
    child: Child,
    name: String,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        ensure!(!is_interrupted(), "interrupted");
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).process_group(0).spawn();
        let child = child.map_err(|error| match error.kind() {
            ErrorKind::NotFound => anyhow!("`{name}` is not installed, or not on PATH"),
            _ => anyhow!(error).context(format!("cannot start `{name}`")),
        })?;
        let running = Self { child, name };
        live().insert(running.group());
        // The signal may have arrived between the check above and the insertion.
        if is_interrupted() {
            signal_group(running.group(), Signal::TERM);
        }
        Ok(running)
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        self.child
            .wait()
            .with_context(|| format!("lost sight of `{}`", self.name))
    }

    fn group(&self) -> i32 {
        // Linux keeps process ids below 2^22.
        i32::try_from(self.child.id()).unwrap_or(0)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "no timer runs here: this program only waits"
    )]
    fn ends_within(&mut self, time: Duration) -> bool {
        const STEP: Duration = Duration::from_millis(20);
        for _ in 0..time.as_millis() / STEP.as_millis() {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return true;
            }
            std::thread::sleep(STEP);
        }
        false
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let group = self.group();
        if matches!(self.child.try_wait(), Ok(None)) {
            signal_group(group, Signal::TERM);
            self.ends_within(GRACE);
        }
        // Kill the remaining children of the program too.
        signal_group(group, Signal::KILL);
        let _ = self.child.wait();
        live().remove(&group);
    }
}

/// Runs a program to its end. A failure is an error that names the command.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = Running::start(command)?.wait()?;
    ensure!(!is_interrupted(), "interrupted");
    ensure!(status.success(), "`{}` failed: {status}", spelled(command));
    Ok(())
}

/// Runs a program to its end and returns its output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("cannot run `{}`", spelled(command)))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!(
            "`{}` failed: {}\n{complaint}",
            spelled(command),
            output.status
        );
    }
    String::from_utf8(output.stdout).context("the output is not UTF-8")
}

/// Returns the command as typed in a shell.
fn spelled(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Returns a command that runs in the given folder.
pub(crate) fn command(program: impl AsRef<OsStr>, folder: impl AsRef<std::path::Path>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    command
}

/// Returns the Cargo that runs this program, in the root of the repository.
///
/// It removes the variables that describe this package. Build scripts that read them would run again
/// after each manual build, and Cargo would rebuild their dependents.
pub(crate) fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = command(cargo, crate::paths::root());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}
