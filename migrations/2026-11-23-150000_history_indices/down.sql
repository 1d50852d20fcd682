DROP INDEX submissions_of_late;
DROP INDEX handover_steps_by_state;
DROP INDEX proposals_unrevealed;
DROP INDEX runs_by_scope;
DROP INDEX meetings_by_team;
DROP INDEX decisions_by_proposal;
