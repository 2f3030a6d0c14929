"""Pure parts of tasks and reports: what a variable takes, what a report holds and looks like."""
