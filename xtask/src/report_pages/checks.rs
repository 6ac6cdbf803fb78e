//! What must be so of the reports in a browser. Each check gives what is wrong.

use super::browser::{Browser, DOWN, ENTER, ESCAPE, TAB};
use super::pages::Pages;
use anyhow::{Context, Result};
use serde_json::{Value as Json, json};
use std::path::Path;

/// The largest report may take so much of a processor to open, and to filter. What a clock on the
/// wall says depends on what else the machine does.
const MOST_MILLISECONDS: f64 = 2_000.0;

/// The report of a real run: it is whole, it fits, and keys are enough.
pub(crate) fn plain(
    browser: &Browser,
    pages: &Pages,
    folder: &Path,
    name: &str,
) -> Result<Vec<String>> {
    browser.open(&pages.plain)?;
    let mut wrong = Vec::new();
    browser.screenshot(&folder.join(format!("{name}-top.png")))?;
    fits(browser, "as it opens", &mut wrong)?;

    // With the documented key, and a word of the case.
    browser.press("/")?;
    expect(
        browser,
        "return document.activeElement.id === 'f-text'",
        "`/` finds the text",
        &mut wrong,
    )?;
    browser.press(&pages.failing)?;
    let shown =
        "const s = [...document.querySelectorAll('.case')].filter(c => !c.closest('[hidden]'));";
    let only = format!(
        "{shown} return s.length > 0 && s.length < {} && s.every(c => c.textContent.includes({}))",
        pages.cases,
        json!(pages.failing)
    );
    expect(browser, &only, "the text filters", &mut wrong)?;
    let told = format!(
        "{shown} return document.getElementById('f-status').textContent.startsWith(s.length + ' ')"
    );
    expect(browser, &told, "the number of cases is told", &mut wrong)?;

    // On with the key that every page has, to the case, which opens and shows its request.
    let here = "const a = document.activeElement; return";
    let on_case = format!("{here} a.matches('details.case > summary')");
    wrong.extend(tab_until(browser, &on_case)?);
    let id = format!("{here} a.querySelector('.id')?.textContent === {}", json!(pages.failing));
    expect(browser, &id, "the case that was looked for is reached", &mut wrong)?;
    browser.press(&ENTER.to_string())?;
    let open = format!(
        "{here} a.parentElement.open && \
         [...a.parentElement.querySelectorAll('.curl')].some(c => c.checkVisibility() && c.offsetHeight > 0 && c.textContent.includes('curl '))"
    );
    expect(browser, &open, "Enter opens the case and shows its request", &mut wrong)?;
    for part in ["expected", "got", "Answers and what is stored"] {
        let says = format!("{here} a.parentElement.innerText.includes({})", json!(part));
        expect(browser, &says, &format!("the case says \"{part}\""), &mut wrong)?;
    }
    browser.ask("document.activeElement.parentElement.scrollIntoView()")?;
    browser.screenshot(&folder.join(format!("{name}-case.png")))?;
    fits(browser, "with a case open", &mut wrong)?;

    // Every case open: nothing in any of them is too wide.
    browser.press(&ESCAPE.to_string())?;
    let all = format!("{shown} return s.length === {}", pages.cases);
    expect(browser, &all, "Escape clears the filter", &mut wrong)?;
    browser.ask("document.querySelectorAll('details').forEach(d => d.open = true)")?;
    fits(browser, "with everything open", &mut wrong)?;
    browser.ask("scrollTo(0, document.querySelector('.ledger')?.getBoundingClientRect().top + scrollY - 100)")?;
    browser.screenshot(&folder.join(format!("{name}-ledger.png")))?;

    // A choice, without the mouse.
    browser.open(&pages.plain)?;
    wrong.extend(tab_until(browser, &format!("{here} a.id === 'f-verdict'"))?);
    browser.press(&DOWN.to_string())?;
    let grave = format!("{shown} return s.length === {}", pages.grave);
    expect(browser, &grave, "the choice \"to look at\" filters", &mut wrong)?;
    browser.ask("document.activeElement.blur()")?;
    browser.press("n")?;
    expect(browser, &on_case, "`n` goes to a case", &mut wrong)?;
    wrong.extend(quiet(browser)?);
    Ok(wrong)
}

/// The report of a run on a hostile server: its text is text.
pub(crate) fn hostile(
    browser: &Browser,
    pages: &Pages,
    folder: &Path,
    name: &str,
) -> Result<Vec<String>> {
    browser.open(&pages.hostile)?;
    let mut wrong = Vec::new();
    browser.ask("document.querySelectorAll('details').forEach(d => d.open = true)")?;
    for (script, what) in [
        ("return window.hostile === undefined", "a hostile script ran"),
        ("return document.scripts.length === 1", "there is a script that is not the page's"),
        (
            "return document.querySelector('img, svg, iframe, object, embed, link, base, video, audio') === null",
            "hostile text became an element",
        ),
        (
            "return [...document.querySelectorAll('*')].every(e => [...e.attributes].every(a => !a.name.startsWith('on') && a.name !== 'style' && a.name !== 'autofocus'))",
            "hostile text became an attribute",
        ),
        (
            "return document.body.innerText.split('<img src=x onerror=\"window.hostile=1\">').length > 8",
            "hostile text cannot be read as text",
        ),
        (
            "return !/[\\u0000\\u001b\\u202e\\u2066]/.test(document.body.textContent)",
            "a character that cannot be seen is left",
        ),
        ("return document.body.innerText.includes('{{ 7*7 }}')", "the template read hostile text"),
    ] {
        if browser.ask(script)? != true {
            wrong.push(what.to_owned());
        }
    }
    fits(browser, "with hostile text", &mut wrong)?;
    let case = format!("document.querySelector('[id$=\"{}\"]').scrollIntoView()", pages.failing);
    browser.ask(&case)?;
    browser.screenshot(&folder.join(format!("{name}-hostile.png")))?;
    browser.ask("document.querySelector('.ledger .wrong').scrollIntoView({block: 'center'})")?;
    browser.screenshot(&folder.join(format!("{name}-wrong.png")))?;
    wrong.extend(quiet(browser)?);
    Ok(wrong)
}

/// A report as large as one of all profiles: it opens and filters soon, and says what is left out.
pub(crate) fn large(browser: &Browser, pages: &Pages) -> Result<Vec<String>> {
    // The time of the page's own thread, not that which passes.
    browser.devtools("Performance.enable", &json!({"timeDomain": "threadTicks"}))?;
    let before = busy(browser)?;
    browser.open(&pages.large)?;
    let mut wrong = Vec::new();
    let opened = busy(browser)?;
    // Another process may have the page now, whose time begins with it.
    let opening = if opened < before { opened } else { opened - before };
    browser.ask(
        "document.getElementById('f-text').value = 'tag'; \
         const f = document.getElementById('f-verdict'); f.value = 'grave'; \
         f.dispatchEvent(new Event('input', {bubbles: true}))",
    )?;
    let filtered = "return document.getElementById('f-status').textContent.endsWith('shown')";
    expect(browser, filtered, "a large report filters", &mut wrong)?;
    let filter = busy(browser)? - opened;
    for (what, took) in [("opening", opening), ("filtering", filter)] {
        println!(
            "the large report: {what} takes {took:.0} ms of processor at {} px",
            browser.width
        );
        if took > MOST_MILLISECONDS {
            wrong.push(format!("the large report: {what} takes {took:.0} ms"));
        }
    }
    let says = "return document.body.innerText.includes('Left out:')";
    expect(browser, says, "the large report says what is left out", &mut wrong)?;
    fits(browser, "as large as it gets", &mut wrong)?;
    Ok(wrong)
}

/// How long the page's thread has been at work, in milliseconds.
fn busy(browser: &Browser) -> Result<f64> {
    let metrics = browser.devtools("Performance.getMetrics", &json!({}))?;
    let mut metrics = metrics["metrics"].as_array().into_iter().flatten();
    let task = metrics.find(|metric| metric["name"] == "TaskDuration");
    let seconds = task.and_then(|metric| metric["value"].as_f64());
    Ok(seconds.context("the browser does not say how long it worked")? * 1_000.0)
}

/// Without a script everything is there, and no filter that would do nothing.
pub(crate) fn without_script(browser: &Browser, pages: &Pages) -> Result<Vec<String>> {
    let scripts = |off: bool| {
        browser.devtools("Emulation.setScriptExecutionDisabled", &json!({"value": off}))
    };
    scripts(true)?;
    browser.open(&pages.plain)?;
    let mut wrong = Vec::new();
    let hidden = "return document.getElementById('filter').checkVisibility() === false";
    expect(browser, hidden, "without a script there is no filter", &mut wrong)?;
    let all = format!("return document.querySelectorAll('.case').length === {}", pages.cases);
    expect(browser, &all, "without a script every case is there", &mut wrong)?;
    let area = "return document.activeElement.matches('.area > summary')";
    wrong.extend(tab_until(browser, area)?);
    scripts(false)?;
    Ok(wrong)
}

fn expect(browser: &Browser, script: &str, what: &str, wrong: &mut Vec<String>) -> Result<()> {
    if !browser.wait_until(script)? {
        wrong.push(format!("not so: {what}"));
    }
    Ok(())
}

/// Nothing reaches over the edge of the window.
fn fits(browser: &Browser, when: &str, wrong: &mut Vec<String>) -> Result<()> {
    let width = browser.ask("return document.documentElement.scrollWidth")?;
    if width.as_u64().is_none_or(|width| width > u64::from(browser.width)) {
        let widest = browser.ask(
            "const w = innerWidth; const e = [...document.body.querySelectorAll('*')].find(e => e.getBoundingClientRect().right > w + 1 && e.checkVisibility()); \
             return e ? e.outerHTML.slice(0, 300) : ''",
        )?;
        wrong.push(format!(
            "{when} the page is {width} wide, the window {}: {widest}",
            browser.width
        ));
    }
    Ok(())
}

/// Presses Tab until the focus is there; each stop on the way must be seen to have it.
fn tab_until(browser: &Browser, there: &str) -> Result<Vec<String>> {
    for _ in 0..40 {
        browser.press(&TAB.to_string())?;
        let seen = browser.ask(
            "const a = document.activeElement, s = getComputedStyle(a); \
             return a === document.body || (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2) ? '' : a.outerHTML.slice(0, 200)",
        )?;
        if seen != "" {
            return Ok(vec![format!("the focus cannot be seen on {seen}")]);
        }
        if browser.ask(there)? == true {
            return Ok(Vec::new());
        }
    }
    Ok(vec![format!("40 times Tab do not get to where {there}")])
}

/// Nothing was complained of, and nothing but the page itself was loaded.
fn quiet(browser: &Browser) -> Result<Vec<String>> {
    let mut wrong: Vec<String> = browser
        .log("browser")?
        .iter()
        .map(|entry| format!("the console says {}", entry["message"]))
        .collect();
    for entry in browser.log("performance")? {
        let message: Json = serde_json::from_str(entry["message"].as_str().unwrap_or_default())?;
        let message = &message["message"];
        let url = message["params"]["request"]["url"].as_str().unwrap_or_default();
        let is_page = message["params"]["type"] == "Document" && url.starts_with("file://");
        if message["method"] == "Network.requestWillBeSent" && !is_page {
            wrong.push(format!("the page asks for {url}"));
        }
    }
    if browser.ask("return performance.getEntriesByType('resource').length")? != 0 {
        wrong.push("the page has loaded something".to_owned());
    }
    Ok(wrong)
}
