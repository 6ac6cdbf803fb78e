//! Do snapshots and cases still belong together?

use super::Snapshots;
use crate::case::Case;
use profiles::Profile;
use std::collections::BTreeSet;

/// Everything that is wrong with a set of snapshots: files that cannot be read, that belong to an
/// older text of their case, or to no case and profile at all.
pub fn audit(cases: &[Case], profiles: &[&Profile], snapshots: &Snapshots) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut known = BTreeSet::new();
    for profile in profiles {
        for case in cases {
            let path = Snapshots::path(profile, case);
            match snapshots.find(profile, case) {
                Err(why) => wrong.push(why),
                Ok(Some(snapshot)) if snapshot.case != case.digest() => {
                    let (path, digest) = (path.display(), case.digest());
                    wrong.push(format!(
                        "{path}: {} has changed since, it is {digest} now",
                        case.file
                    ));
                }
                Ok(_) => {}
            }
            known.insert(path);
        }
    }
    let orphans = snapshots.files().into_iter().filter(|path| !known.contains(path));
    wrong.extend(orphans.map(|path| format!("{}: no case and profile for it", path.display())));
    wrong
}
