"""Planning: from a due set or a request to a frozen plan. Reads; never writes.

Start with `disposal` (what becomes of a dataset's rows), then `assemble` (the three kinds of
plan). The rest serve them:

    world       what planning may look at: policy, map, finders, keepers
    keysets     personal keys on one side, references to them on the other
    identity    one key of a person → every key; digests → the people behind them
    reach       which rows of which dataset belong to them
    holding     which fields of which rows a law keeps
    cells       rows cut so that each is looked at once, with all that is due for it
    due         whose clocks have run out
    shredding   whose keys go, and which backups nobody can read then
    limits      how much may be touched without a second pair of eyes
    approval    is this plan, by its digest, allowed?
    codec       a plan as canonical JSON, and back
    coherence   do the policy and the data map fit together?

What only looks and says, from the same parts:

    explain     one person's data, field by field: which fate (`fates`), in words (`telling`, `summary`)
    forecast    what falls due when (`outlook` in words, `plot` as a picture)
    affected    how much live data a new version of the policy is about
"""
