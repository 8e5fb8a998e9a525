//! Commands and flags under their old names, which still work and say so.

/// Commands: the old name, today's name.
const COMMANDS: [(&str, &str); 1] = [("ladder", "ablation")];
/// Flags: the command, the old name, today's name.
const FLAGS: [(&str, &str, &str); 1] = [("distill", "--beside", "--with-baseline")];

/// A notice for each old name among the words of a command line whose command is `command` (under today's name).
pub fn notices(command: &str, words: &[String]) -> Vec<String> {
    let renamed = |old: &str, new: &str| format!("`{old}` is now called `{new}`; the old name still works");
    let old_command = |&(old, new): &(&str, &str)| {
        // The first of both names is the command; later ones are values.
        let typed = words.iter().find(|word| *word == old || *word == new)?;
        (command == new && typed == old).then(|| renamed(old, new))
    };
    let old_flag = |&(of, old, new): &(&str, &str, &str)| {
        (command == of && words.iter().any(|word| word == old)).then(|| renamed(old, new))
    };
    COMMANDS.iter().filter_map(old_command).chain(FLAGS.iter().filter_map(old_flag)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_are_reported_and_values_are_not() {
        let of = |command: &str, line: &str| notices(command, &line.split(' ').map(str::to_string).collect::<Vec<_>>());
        assert_eq!(
            of("ablation", "-q ladder --from default"),
            ["`ladder` is now called `ablation`; the old name still works"]
        );
        assert_eq!(of("distill", "distill T -o x --beside").len(), 1);
        assert!(of("ablation", "ablation --run-dir ladder").is_empty());
        assert!(of("compare", "compare --data ladder --beside").is_empty());
    }
}
