"""Execution: carry out one approved plan, resumable after a crash at any point.

Every step goes INTENT → DONE → EVIDENCE in the plan's journal, each line durable before the
next thing happens:

    dies before INTENT     nothing was touched; the step starts afresh
    dies after INTENT      the step is carried out again: erasing what is erased changes nothing
    dies after DONE        the statement is recorded; its id makes a second one impossible
    dies after EVIDENCE    the step is over

Start with `run`.

    site         the systems and the ledger, as one run sees them
    lines        the journal of one plan
    rows         steps on rows
    effects      what a store did, as the journal keeps it
    shards       a step on a large dataset, a part at a time; how far it is
    elsewhere    steps that finish elsewhere: backups
    shredding    keys of people, and backups that nobody can read without them
    disclosing   a person is shown what we hold: rows read, one encrypted file (`disclosed_looking` verifies it)
    processors   orders to processors, and what their answers mean
    links        signed tokens by which whoever was written to answers
    breaker      when a processor that does not answer is called again
    run          all steps in order
    looking      verification of what was done, dataset by dataset
    sealing      publish, shred the case's key
"""
