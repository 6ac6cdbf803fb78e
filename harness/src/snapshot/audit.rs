//! Do snapshots and cases still belong together?

use super::{Snapshot, Snapshots};
use crate::case::Case;
use profiles::Profile;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Everything that is wrong with a set of snapshots: files that cannot be read, that belong to an
/// older text of their case, or to no case and profile at all. An edition that was recorded, and that no
/// profile knows, belongs to its product's.
pub fn audit(cases: &[Case], profiles: &[&Profile], snapshots: &Snapshots) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut known = BTreeSet::new();
    for profile in profiles {
        for case in cases {
            let path = Snapshots::path(profile, case);
            wrong.extend(wrong_with(&path, snapshots.find(profile, case), case));
            known.insert(path);
        }
    }
    for folder in recorded(profiles, snapshots, &mut wrong) {
        for case in cases {
            let path = folder.join(format!("{}.snap", case.id));
            wrong.extend(wrong_with(&path, snapshots.own(&folder, case), case));
            known.insert(path);
        }
    }
    let orphans = snapshots.files().into_iter().filter(|path| !known.contains(path));
    wrong.extend(orphans.map(|path| format!("{}: no case and profile for it", path.display())));
    wrong
}

fn wrong_with(path: &Path, found: Result<Option<Snapshot>, String>, case: &Case) -> Option<String> {
    match found {
        Err(why) => Some(why),
        Ok(Some(snapshot)) if snapshot.case != case.digest() => {
            let (path, digest) = (path.display(), case.digest());
            Some(format!("{path}: {} has changed since, it is {digest} now", case.file))
        }
        Ok(_) => None,
    }
}

/// The folders of editions that say what they were recorded from, and that no profile knows.
fn recorded(
    profiles: &[&Profile],
    snapshots: &Snapshots,
    wrong: &mut Vec<String>,
) -> BTreeSet<PathBuf> {
    let mut folders: BTreeSet<PathBuf> =
        snapshots.files().iter().map(|path| path.iter().take(2).collect()).collect();
    folders.retain(|folder| {
        let is_of = |profile: &&Profile| folder.starts_with(profile.product);
        let is_known = |profile: &&Profile| folder.ends_with(profile.edition) && is_of(profile);
        profiles.iter().any(is_of)
            && !profiles.iter().any(is_known)
            && match snapshots.recording(folder) {
                Ok(recording) => recording.is_some(),
                Err(why) => {
                    wrong.push(why);
                    true
                }
            }
    });
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_edition_belongs_to_its_product() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let text = "id='batch/x'\nsummary='s'\nlevel='must'\nclauses=[]\nneeds=[]\n[[step]]\nwrite='m f=1'\n";
        let case = crate::load::parse("cases/batch/x.toml", text).unwrap();
        let snapshot = |digest: &str| {
            format!(
                "---\nsource: cases\ndescription: s\ninfo:\n  basis: recorded\n  from: x\n  case: {digest}\n---\n1 write\n  status 204\n"
            )
        };
        let wrong = || {
            let snapshots = Snapshots::new(Some(dir.path().to_owned()));
            audit(std::slice::from_ref(&case), profiles::ALL, &snapshots)
        };
        write("oss-v2/2.8/batch/x.snap", &snapshot(&case.digest()));
        assert_eq!(wrong(), ["oss-v2/2.8/batch/x.snap: no case and profile for it"]);
        let recording =
            "like='oss-v2@2.7'\nfrom='x'\nserver=[]\nlineproof='0'\ndate='2026-01-01'\n";
        write("oss-v2/2.8/recorded.toml", recording);
        assert_eq!(wrong(), [""; 0]);
        // No other case, no older text of it, and no other product.
        write("oss-v2/2.8/batch/gone.snap", &snapshot("0"));
        write("oss-v9/2.8/batch/x.snap", &snapshot("0"));
        write("oss-v9/2.8/recorded.toml", recording);
        assert_eq!(
            wrong(),
            ["oss-v2/2.8/batch/gone.snap", "oss-v9/2.8/batch/x.snap"]
                .map(|path| format!("{path}: no case and profile for it"))
        );
        write("oss-v2/2.8/batch/x.snap", &snapshot("0"));
        let changed = "oss-v2/2.8/batch/x.snap: cases/batch/x.toml has changed since";
        assert!(wrong().iter().any(|why| why.starts_with(changed)), "{:?}", wrong());
        write("oss-v2/2.8/recorded.toml", "what");
        assert!(wrong().iter().any(|why| why.starts_with("oss-v2/2.8/recorded.toml: ")));
    }
}
