# -*- coding: shift_jis -*-
revision = 'a1'
down_revision = None
