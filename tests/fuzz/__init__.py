"""Inputs altered by chance: `make fuzz` gives them to vitnp, and each has to be right or refused in one line.

A target says what is altered and what is right. Each runs in a process of its own, so that what ends the process is
a finding too. The smallest input of every kind of failure is kept in `found/`; `tests/test_fuzz.py` tries it again.

    cases        one input: a few words and files, in memory and as a folder
    judge        tries one input; what may come of it, and what it may take
    watch        how much memory and CPU time was taken, which programs and files outside were touched
    commands     `vitnp …` without a new process, and what it may print
    nasty        values that are seldom right
    alter        bytes, JSON, arrays and zips changed by chance
    search       many inputs of one target, by Hypothesis's seed or by atheris's coverage
    child        the search in a process, started again after it has died
    report       the table
    targets/     weights, runs, pictures, archives, options, door
"""
