//! Where snapshots are: in the binary, or in a folder.

use super::Snapshot;
use super::inherits::Inherits;
use super::recording::{self, Recording};
use crate::case::Case;
use include_dir::{Dir, File, include_dir};
use profiles::Profile;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../snapshots");

/// The files in the binary by their path: `Dir::get_file` looks through the whole tree for each.
static BY_PATH: LazyLock<HashMap<&'static Path, &'static File<'static>>> = LazyLock::new(|| {
    fn add(dir: &'static Dir<'static>, found: &mut HashMap<&'static Path, &'static File<'static>>) {
        found.extend(dir.files().map(|file| (file.path(), file)));
        dir.dirs().for_each(|sub| add(sub, found));
    }
    let mut found = HashMap::new();
    add(&EMBEDDED, &mut found);
    found
});

/// An edition that inherits from more than so many others inherits from itself.
const MOST_GENERATIONS: usize = 8;

/// All snapshots: those in the binary, or those of a folder.
#[derive(Clone, Debug, Default)]
pub struct Snapshots {
    dir: Option<PathBuf>,
    /// Looked for in the place of each profile's own edition.
    edition: Option<String>,
}

impl Snapshots {
    /// Those of this folder; without one, those in the binary.
    pub fn new(dir: Option<PathBuf>) -> Self {
        Self { dir, edition: None }
    }

    /// The same, where servers are held against this edition of their product: one that was
    /// recorded, and that no profile need know.
    ///
    /// # Errors
    /// There is no such edition of the product.
    pub fn of_edition(mut self, profile: &Profile, edition: &str) -> Result<Self, String> {
        let folder = Path::new(profile.product).join(edition);
        let files = self.files();
        if !files.iter().any(|file| file.starts_with(&folder)) && self.inherits(&folder)?.is_none()
        {
            let mut known: Vec<_> = files
                .iter()
                .filter_map(|file| file.strip_prefix(profile.product).ok()?.iter().next()?.to_str())
                .collect();
            known.dedup();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let place = self.dir.as_ref().map_or_else(
                || "the binary (name a folder with --snapshots-dir)".to_owned(),
                |dir| dir.display().to_string(),
            );
            return Err(format!(
                "{place} has no snapshots of {}@{edition}; its editions there: {known}",
                profile.product
            ));
        }
        self.edition = Some(edition.to_owned());
        Ok(self)
    }

    /// What a report should say of the edition, where it is not the profile's own.
    pub(crate) fn note(&self, profile: &Profile) -> Option<String> {
        let Some(edition) = &self.edition else { return self.lack(profile) };
        let folder = Path::new(profile.product).join(edition);
        let recording = self.recording(&folder).ok().flatten();
        let how = recording.map_or(String::new(), |found| format!(", {}", found.sentence()));
        Some(format!("held against the edition {}@{edition}{how}", profile.product))
    }

    /// That a folder which was named has nothing for this profile: it may be the wrong one.
    fn lack(&self, profile: &Profile) -> Option<String> {
        let dir = self.dir.as_ref().filter(|dir| dir.is_dir())?;
        let folder = Path::new(profile.product).join(profile.edition);
        let has_some = self.files().iter().any(|file| file.starts_with(&folder))
            || self.inherits(&folder).is_ok_and(|from| from.is_some());
        let name = profile.name();
        let dir = dir.display();
        (!has_some).then(|| {
            format!("{dir} has no snapshots of {name}: no answer is held against an expectation")
        })
    }

    /// A digest of everything that may be expected of this profile: of its edition, and of those that
    /// it inherits from. The same wherever the files are.
    pub(crate) fn digest(&self, profile: &Profile) -> u64 {
        let edition = self.edition.as_deref().unwrap_or(profile.edition);
        let mut folder = Path::new(profile.product).join(edition);
        let files = self.files();
        let mut all = Vec::new();
        for _ in 0..=MOST_GENERATIONS {
            let inherits = folder.join(super::inherits::FILE);
            let own = files.iter().filter(|file| file.starts_with(&folder)).chain([&inherits]);
            for path in own {
                // A file that cannot be read is none that could be expected.
                let text = self.text(path).unwrap_or_default().unwrap_or_default();
                let of_file = crate::digest::fnv64(text.as_bytes());
                let name = path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>();
                all.push(format!("{} {of_file:016x}\n", name.join("/")));
            }
            let Ok(Some(next)) = self.inherits(&folder) else { break };
            folder = next.folder();
        }
        crate::digest::fnv64(all.concat().as_bytes())
    }

    /// What the edition in this folder was recorded from, if it says so.
    ///
    /// # Errors
    /// Its file cannot be read.
    pub(crate) fn recording(&self, folder: &Path) -> Result<Option<Recording>, String> {
        let path = folder.join(recording::FILE);
        let parse = |text: String| {
            Recording::parse(&text).map_err(|why| format!("{}: {why}", path.display()))
        };
        self.text(&path)?.map(parse).transpose()
    }

    /// The file of a case on a profile, under the folder of snapshots.
    pub fn path(profile: &Profile, case: &Case) -> PathBuf {
        Self::path_in(profile.product, profile.edition, case)
    }

    /// The same for an edition that no profile need know.
    pub fn path_in(product: &str, edition: &str, case: &Case) -> PathBuf {
        Path::new(product).join(edition).join(format!("{}.snap", case.id))
    }

    /// What the case is expected to give on this profile, if anybody has said so: of this edition,
    /// else of one that it inherits from.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn find(&self, profile: &Profile, case: &Case) -> Result<Option<Snapshot>, String> {
        let edition = self.edition.as_deref().unwrap_or(profile.edition);
        let mut folder = Path::new(profile.product).join(edition);
        let mut inherited = Vec::new();
        loop {
            if let Some(mut snapshot) = self.own(&folder, case)? {
                inherited.iter().rev().for_each(|by: &Inherits| by.apply(&mut snapshot));
                return Ok(Some(snapshot));
            }
            let Some(inherits) = self.inherits(&folder)? else { return Ok(None) };
            folder = inherits.folder();
            inherited.push(inherits);
            if inherited.len() > MOST_GENERATIONS {
                return Err(format!("{}: editions inherit in a circle", profile.name()));
            }
        }
    }

    /// The snapshot of a case in this very folder.
    pub(super) fn own(&self, folder: &Path, case: &Case) -> Result<Option<Snapshot>, String> {
        let path = folder.join(format!("{}.snap", case.id));
        let text = self.text(&path)?;
        let parse = |text: String| {
            Snapshot::parse(&text).map_err(|why| format!("snapshots/{}: {why}", path.display()))
        };
        text.map(parse).transpose()
    }

    /// What this folder inherits from.
    fn inherits(&self, folder: &Path) -> Result<Option<Inherits>, String> {
        let path = folder.join(super::inherits::FILE);
        let parse = |text: String| {
            Inherits::parse(&text).map_err(|why| format!("snapshots/{}: {why}", path.display()))
        };
        self.text(&path)?.map(parse).transpose()
    }

    /// The text of a file under the folder of snapshots; none where it is not there.
    fn text(&self, path: &Path) -> Result<Option<String>, String> {
        match &self.dir {
            None => {
                let file = BY_PATH.get(path);
                Ok(file.and_then(|file| file.contents_utf8()).map(str::to_owned))
            }
            Some(dir) => match std::fs::read_to_string(dir.join(path)) {
                Ok(text) => Ok(Some(text)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(format!("{}: {error}", path.display())),
            },
        }
    }

    /// All files of snapshots, under their folder.
    pub fn files(&self) -> Vec<PathBuf> {
        fn embedded(dir: &Dir<'_>, found: &mut Vec<PathBuf>) {
            found.extend(dir.files().map(|file| file.path().to_owned()));
            dir.dirs().for_each(|sub| embedded(sub, found));
        }
        fn on_disk(root: &Path, dir: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    on_disk(root, &path, found);
                } else if let Ok(short) = path.strip_prefix(root) {
                    found.push(short.to_owned());
                }
            }
        }
        let mut found = Vec::new();
        match &self.dir {
            None => embedded(&EMBEDDED, &mut found),
            Some(dir) => on_disk(dir, dir, &mut found),
        }
        found.retain(|path| path.extension().is_some_and(|e| e == "snap"));
        found.sort();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Basis;

    const CASE: &str =
        "id='batch/x'\nsummary='s'\nlevel='must'\nclauses=[]\nneeds=[]\n[[step]]\nwrite='m f=1'\n";
    const SNAPSHOT: &str = "---\nsource: cases\ndescription: s\ninfo:\n  basis: recorded\n  from: 3.6.0\n  case: 0\n---\n1 write\n  status 204\n";

    #[test]
    fn an_edition_takes_what_it_lacks_from_another() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let case = crate::load::parse("cases/batch/x.toml", CASE).unwrap();
        let snapshots = Snapshots::new(Some(dir.path().to_owned()));
        let newer = profiles::find("v3-core@3.8.0").unwrap();
        let find = || snapshots.find(newer, &case);
        assert_eq!(find().unwrap(), None);

        write("v3-core/3.6/batch/x.snap", SNAPSHOT);
        let inherits = "from='v3-core@3.6'\nbasis='inferred'\nwhy='nothing changed'\n";
        write("v3-core/3.8.0/inherits.toml", inherits);
        let found = find().unwrap().unwrap();
        assert_eq!(found.basis, Basis::Inferred);
        assert_eq!(found.from, "3.6.0 (of v3-core@3.6: nothing changed)");

        write("v3-core/3.8.0/batch/x.snap", &SNAPSHOT.replace("204", "400"));
        assert_eq!(find().unwrap().unwrap().basis, Basis::Recorded);

        std::fs::remove_file(dir.path().join("v3-core/3.8.0/batch/x.snap")).unwrap();
        std::fs::remove_file(dir.path().join("v3-core/3.6/batch/x.snap")).unwrap();
        write("v3-core/3.6/inherits.toml", &inherits.replace("3.6", "3.8.0"));
        assert!(find().unwrap_err().contains("in a circle"));
    }
}
