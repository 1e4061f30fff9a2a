<<<<<<< HEAD
revision = 'a1'
=======
revision = 'a2'
>>>>>>> theirs
down_revision = None
