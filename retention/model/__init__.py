"""The vocabulary: frozen records and ids. No I/O, no logging, no clock.

period      calendar periods (`P12M`)
policy      what was promised: categories, rules, holds
datamap     where the data is: datasets, fields, references
subject     a person's keys, and sets of keys that plans refer to
predicate   which rows; never holds a personal value
transform   what anonymization does to one value
event       something happened that starts a clock
hold        disposal is paused
plan        exactly what will be touched: a closed union of steps
outcome     what became of a step
asking      where the company is and offers, and who answers for data that it only holds
case        a sweep, a request or a restore, and the state it is in
recipient   who receives data, and the facts of his contract
copies      backups and their horizons; orders to processors
client      companies whose data we only hold, and what they ask of us
answer      what processors say: a closed union, and what each means for the case
facts       what evidence states, one record a fact
"""
