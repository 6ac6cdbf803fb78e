//! Which server: where it is, and who we are there.

use clap::Args;
use harness::read_back::Program;
use profiles::Capability;

/// Where the target is, and who we are there.
#[derive(Debug, Args)]
pub(crate) struct TargetArgs {
    /// The server's URL, with a path prefix if it has one
    #[arg(long, value_name = "URL")]
    pub(crate) target: Option<String>,
    /// What the server is taken for: product@edition, as `lineproof list --profiles` shows them; a
    /// product alone is its edition `docs`
    #[arg(long = "profile", value_name = "PROFILE")]
    pub(crate) profiles: Vec<String>,
    /// A token that may do everything
    #[arg(long, env = "LINEPROOF_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// A user who may do everything
    #[arg(long, env = "LINEPROOF_USER")]
    pub(crate) user: Option<String>,
    /// That user's password
    #[arg(long, env = "LINEPROOF_PASSWORD", hide_env_values = true)]
    pub(crate) password: Option<String>,
    /// The organisation, where the server has several
    #[arg(long, env = "LINEPROOF_ORG")]
    pub(crate) org: Option<String>,
    /// Write into this existing database or bucket and make none; of a suite, cases that need one of
    /// their own do not run
    #[arg(long, value_name = "NAME")]
    pub(crate) database: Option<String>,
    /// Something that the server lacks, as a word of the `needs` of cases (may be repeated)
    #[arg(long = "lacks", value_name = "CAPABILITY", value_parser = capability)]
    pub(crate) lacks: Vec<Capability>,
    /// A program that reads the server back where no query language of the profile can: its command
    /// line, which no shell runs. It is told where and what by LINEPROOF_TARGET, LINEPROOF_DATABASE,
    /// LINEPROOF_PREFIX and the variables of the credentials, prints everything that is stored as
    /// line protocol, and says nothing on stderr; `lineproof read-back` has such programs
    #[arg(long, value_name = "PROGRAM", value_parser = Program::parse)]
    pub(crate) read_back: Option<Program>,
    /// Where a server is that is set up as some cases need it (`lineproof list --setups`); its token
    /// is that of the target, or LINEPROOF_TOKEN_NAME (`LINEPROOF_TOKEN_SMALL_WRITE_RATE`); may be
    /// repeated
    #[arg(long = "setup", value_name = "NAME=URL", value_parser = pair, requires = "target")]
    pub(crate) setups: Vec<(String, String)>,
    /// How many seconds what was accepted may stay invisible [default: as the profile says]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) visible_within: Option<f64>,
    /// How many seconds an answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    pub(crate) timeout: f64,
}

/// `NAME=VALUE`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("there is no `=` in it")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A word of the `needs` of cases.
pub(super) fn capability(word: &str) -> Result<Capability, String> {
    word.parse()
}
