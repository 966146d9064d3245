"""What is wrong: one file per check, named after its id. A check renders what the engine knows; it decides no rule."""
