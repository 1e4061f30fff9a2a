"""Every fault by its name. tests/CMakeLists.txt names them too."""
import login_faults
import network_faults
import pooler_faults
import server_faults
import standby_faults

FAULTS = {
    "server_stopped": server_faults.ServerStopped,
    "server_frozen": server_faults.ServerFrozen,
    "postmaster_frozen": server_faults.PostmasterFrozen,
    "server_killed": server_faults.ServerKilled,
    "network_cut": network_faults.NetworkCut,
    "table_locked": server_faults.TableLocked,
    "slots_full": server_faults.SlotsFull,
    "right_revoked": server_faults.RightRevoked,
    "name_servers_silent": network_faults.NameServersSilent,
    "only_a_lagging_standby": standby_faults.OnlyALaggingStandby,
    "only_a_current_standby": standby_faults.OnlyACurrentStandby,
    "failover_without_the_migration": standby_faults.FailoverWithoutTheMigration,
    "password_rotated": login_faults.PasswordRotated,
    "certificate_expired": login_faults.CertificateExpired,
    "pooler_restarted_session": pooler_faults.SessionPoolerRestarted,
    "pooler_restarted_transaction": pooler_faults.TransactionPoolerRestarted,
    "pooler_restarted_statement": pooler_faults.StatementPoolerRestarted,
    "pooler_paused": pooler_faults.PoolerPaused,
    "pooler_without_server": pooler_faults.PoolerWithoutServer,
}
