"""The intake story and what it decides by: rules, queues, assignment, escalation."""
