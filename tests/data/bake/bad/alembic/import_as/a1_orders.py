import a0_base as down_revision

revision = 'a1'
