import java.util.HashMap;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.flywaydb.database.postgresql.PostgreSQLConfigurationExtension;

/** Flyway's command line without the parts of it that stand in no registry: Launcher COMMAND [KEY=VALUE...]. */
public final class Launcher {
    public static void main(String[] arguments) {
        Map<String, String> settings = new HashMap<>();
        for (int index = 1; index < arguments.length; ++index) {
            String[] pair = arguments[index].split("=", 2);
            settings.put("flyway." + pair[0], pair[1]);
        }
        // The one setting that the library takes from a map only with a parser for JSON beside it.
        String lock = settings.remove("flyway.postgresql.transactional.lock");
        FluentConfiguration configuration = Flyway.configure().configuration(settings);
        if (lock != null) {
            configuration.getConfigurationExtension(PostgreSQLConfigurationExtension.class).setTransactionalLock(Boolean.parseBoolean(lock));
        }
        Flyway flyway = configuration.load();
        switch (arguments[0]) {
            case "migrate": flyway.migrate(); break;
            case "repair": flyway.repair(); break;
            case "baseline": flyway.baseline(); break;
            case "undo": flyway.undo(); break;
            case "validate": flyway.validate(); break;
            default: throw new IllegalArgumentException(arguments[0]);
        }
    }
}
