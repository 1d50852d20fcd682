-- What lists, batch boundaries and wake-ups look for among millions of rows that are over.

-- A manager's view of a proposal asks who has approved it. The indices there are hold some actions each, and SQLite cannot
-- tell that an action given as a parameter is one of them.
CREATE INDEX decisions_by_proposal ON decisions (proposal_id, action);

-- Lists of a team's meetings and of a scope's runs, in their order.
CREATE INDEX meetings_by_team ON meetings (team_id, id);
CREATE INDEX runs_by_scope ON runs (scope, id);

-- At a batch boundary: what ended without its parties knowing, among all that ever ended.
CREATE INDEX proposals_unrevealed ON proposals (state, id) WHERE revealed_at IS NULL;

-- At every wake-up: the handovers with a step still open, among all steps that were ever taken.
CREATE INDEX handover_steps_by_state ON handover_steps (state, phase, proposal_id);

-- At every submission: what its rep has taken back of late, among all that anybody ever has.
CREATE INDEX submissions_of_late ON submissions (rep_id, created_at);
