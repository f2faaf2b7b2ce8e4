WEIGHTS = "digits"
