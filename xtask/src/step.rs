//! One run of cargo.

use std::{
    env,
    process::{Command, Stdio},
};

/// One run of cargo.
pub(crate) struct Step {
    arguments: &'static str,
    environment: Vec<(&'static str, String)>,
    /// Words that must not begin a line of what it prints.
    without: &'static [&'static str],
    /// What has to be installed.
    needs: fn() -> Result<(), String>,
}

impl Step {
    pub(crate) fn new(arguments: &'static str) -> Self {
        Self { arguments, environment: Vec::new(), without: &[], needs: || Ok(()) }
    }

    /// Sets a variable of its environment.
    pub(crate) fn with(mut self, variable: &'static str, value: &str) -> Self {
        self.environment.push((variable, value.to_owned()));
        self
    }

    /// Fails if a line of what it prints begins with one of these words.
    pub(crate) fn without(mut self, words: &'static [&'static str]) -> Self {
        self.without = words;
        self
    }

    /// Makes sure of what has to be installed for it.
    pub(crate) fn needing(mut self, ensure: fn() -> Result<(), String>) -> Self {
        self.needs = ensure;
        self
    }

    pub(crate) fn line(&self) -> String {
        let variables = self.environment.iter().map(|(name, value)| format!("{name}='{value}' "));
        format!("{}cargo {}", variables.collect::<String>(), self.arguments)
    }

    pub(crate) fn run(&self) -> Result<(), String> {
        (self.needs)()?;
        eprintln!("\n> {}", self.line());
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command
            .args(self.arguments.split_whitespace())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .stderr(Stdio::inherit());
        if self.without.is_empty() {
            command.stdout(Stdio::inherit());
        }
        let failed = |why: String| format!("{} {why}", self.line());
        let output = command.output().map_err(|error| failed(format!("could not be started: {error}")))?;
        if !output.status.success() {
            return Err(failed(format!("failed: {}", output.status)));
        }
        let printed = String::from_utf8_lossy(&output.stdout);
        let unwanted = |line: &&str| self.without.iter().any(|word| line.starts_with(word));
        printed.lines().find(unwanted).map_or(Ok(()), |line| Err(failed(format!("printed `{line}`"))))
    }
}
