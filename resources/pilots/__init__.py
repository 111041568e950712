"""What pilots leave behind: draws, answers, and which prompts were promoted."""
