//! Debian's Chromium through its driver: WebDriver (<https://www.w3.org/TR/webdriver2/>) over plain
//! HTTP, which needs no library of its own.

use crate::peer::free_port;
use anyhow::{Context, Result, bail};
use base64::Engine;
use serde_json::{Value as Json, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long the driver and each command may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The keys that have no character, as WebDriver names them (2.3, 17.4.2).
pub(crate) const TAB: char = '\u{e004}';
pub(crate) const ENTER: char = '\u{e007}';
pub(crate) const ESCAPE: char = '\u{e00c}';
pub(crate) const DOWN: char = '\u{e015}';

/// A browser with one window.
pub(crate) struct Browser {
    driver: Child,
    agent: ureq::Agent,
    session: String,
    pub(crate) width: u32,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts one of this width.
    pub(crate) fn start(width: u32, dark: bool) -> Result<Self> {
        let port = free_port()?;
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("chromedriver could not be started; `apt-get install chromium-driver`")?;
        let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE));
        let agent = config.http_status_as_error(false).build().into();
        let profile = tempfile::tempdir().context("no folder for the browser")?;
        let driver_url = format!("http://127.0.0.1:{port}");
        let mut browser = Self { driver, agent, session: driver_url, width, _profile: profile };
        browser.wait_for_driver()?;
        let folder = browser._profile.path().display();
        let arguments = [
            "--headless=new".to_owned(),
            // As root, in CI, there is none.
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            format!("--user-data-dir={folder}"),
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }}});
        let made = browser.post("/session", &wanted)?;
        let id = made["sessionId"].as_str().context("the driver names no session")?;
        browser.session = format!("{}/session/{id}", browser.session);
        browser.devtools(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}),
        )?;
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        browser.devtools("Emulation.setEmulatedMedia", &json!({"features": features}))?;
        Ok(browser)
    }

    fn wait_for_driver(&self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let url = format!("{}/status", self.session);
        while self.agent.get(&url).call().is_err() {
            if Instant::now() > deadline {
                bail!("chromedriver does not answer after {PATIENCE:?}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn post(&self, path: &str, body: &Json) -> Result<Json> {
        let url = format!("{}{path}", self.session);
        let mut answer = self.agent.post(&url).send(body.to_string()).context(url)?;
        let text = answer.body_mut().with_config().limit(256 << 20).read_to_string()?;
        let json: Json = serde_json::from_str(&text).context("no JSON from the driver")?;
        let value = json["value"].clone();
        if let Some(error) = value["error"].as_str() {
            bail!("{path}: {error}: {}", value["message"].as_str().unwrap_or_default());
        }
        Ok(value)
    }

    /// A command of the DevTools protocol, for what WebDriver has no word for.
    pub(crate) fn devtools(&self, command: &str, params: &Json) -> Result<Json> {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": params}))
    }

    /// Opens a file; what is logged from here on is of it.
    pub(crate) fn open(&self, path: &Path) -> Result<()> {
        self.log("browser")?;
        self.log("performance")?;
        self.post("/url", &json!({"url": format!("file://{}", path.display())}))?;
        Ok(())
    }

    /// The result of a script: what it returns.
    pub(crate) fn ask(&self, script: &str) -> Result<Json> {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Asks until the answer is `true`.
    pub(crate) fn wait_until(&self, script: &str) -> Result<bool> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            if self.ask(script)? == true {
                return Ok(true);
            }
            if Instant::now() > deadline {
                return Ok(false);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Presses keys, one after the other.
    pub(crate) fn press(&self, keys: &str) -> Result<()> {
        let press = |key: char| {
            [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})]
        };
        let actions: Vec<_> = keys.chars().flat_map(press).collect();
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": actions});
        self.post("/actions", &json!({"actions": [keyboard]}))?;
        Ok(())
    }

    /// What is in a log since it was last asked for.
    pub(crate) fn log(&self, kind: &str) -> Result<Vec<Json>> {
        let log = self.post("/se/log", &json!({"type": kind}))?;
        Ok(log.as_array().cloned().unwrap_or_default())
    }

    /// What can be seen, as a picture.
    pub(crate) fn screenshot(&self, path: &Path) -> Result<()> {
        let picture = self.devtools("Page.captureScreenshot", &json!({"format": "png"}))?;
        let picture = picture["data"].as_str().context("no picture")?;
        let bytes = base64::engine::general_purpose::STANDARD.decode(picture)?;
        std::fs::write(path, bytes).with_context(|| path.display().to_string())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends the browser.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
