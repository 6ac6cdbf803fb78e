//! Where snapshots are: in the binary, or in a folder.

use super::Snapshot;
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

/// All snapshots: those in the binary, or those of a folder.
#[derive(Clone, Debug, Default)]
pub struct Snapshots {
    dir: Option<PathBuf>,
}

impl Snapshots {
    /// Those of this folder; without one, those in the binary.
    pub fn new(dir: Option<PathBuf>) -> Self {
        Self { dir }
    }

    /// The file of a case on a profile, under the folder of snapshots.
    pub fn path(profile: &Profile, case: &Case) -> PathBuf {
        Path::new(profile.product).join(profile.edition).join(format!("{}.snap", case.id))
    }

    /// What the case is expected to give on this profile, if anybody has said so.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn find(&self, profile: &Profile, case: &Case) -> Result<Option<Snapshot>, String> {
        let path = Self::path(profile, case);
        let text = match &self.dir {
            None => {
                let file = BY_PATH.get(path.as_path());
                file.and_then(|file| file.contents_utf8()).map(str::to_owned)
            }
            Some(dir) => match std::fs::read_to_string(dir.join(&path)) {
                Ok(text) => Some(text),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
                Err(error) => return Err(format!("{}: {error}", path.display())),
            },
        };
        let parse = |text: String| {
            Snapshot::parse(&text).map_err(|why| format!("snapshots/{}: {why}", path.display()))
        };
        text.map(parse).transpose()
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
