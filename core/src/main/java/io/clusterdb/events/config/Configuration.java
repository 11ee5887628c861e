package io.clusterdb.events.config;

import io.clusterdb.events.Component;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.RejectedException;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a YAML file says, checked whole. Immutable. Keys are the words of the values in snake case: {@code
 * broker.persistence.retention.time} is {@link io.clusterdb.events.RetentionPolicy#time}. Texts may hold {@code ${NAME}}
 * or {@code ${NAME:default}} for environment variables; relative paths start from the folder of the file.
 *
 * <p>Nothing is repaired: reading throws {@link RejectedException} with every fault of the file at once, each with its
 * line, its key, what was found and what is allowed.
 */
public final class Configuration {
    private static final int MAX_BYTES = 1 << 20;

    private final @Nullable EventBroker broker;
    private final List<EventStore> stores;
    private final @Nullable RejectedException obstacle;

    private Configuration(@Nullable EventBroker broker, List<EventStore> stores, @Nullable RejectedException obstacle) {
        this.broker = broker;
        this.stores = List.copyOf(stores);
        this.obstacle = obstacle;
    }

    /** @throws RejectedException when the file can't be read, or has faults */
    public static Configuration read(Path file) {
        Path home = file.toAbsolutePath().getParent();
        return parse(content(file), home == null ? Path.of("") : home, Substitution.fromEnvironment());
    }

    /** As {@link #read}, from a text; relative paths start from the current folder. */
    public static Configuration parse(String yaml) {
        return parse(yaml, Path.of(""), Substitution.fromEnvironment());
    }

    /** @param environment the variables, by name */
    static Configuration parse(String yaml, UnaryOperator<@Nullable String> environment) {
        return parse(yaml, Path.of(""), new Substitution(environment));
    }

    /** What a file with these sections is asked for, as a JSON Schema, whether the file is right or not. */
    static ObjectNode shape(String yaml) {
        Faults faults = new Faults();
        Node tree = YamlTree.read(yaml, new Substitution(name -> null), faults).orElseThrow(faults::rejection);
        Section root = new Section("", tree, Path.of(""), faults);
        EventBroker broker = new BrokerSection(root.section("broker")).read();
        List<EventStore> unused = stores(storeSections(root), broker);
        List<String> unusedToo = LaterSections.check(root);
        return root.shape();
    }

    /**
     * A JSON Schema (2020-12) for files like this, with which an editor completes keys and marks what is wrong. It knows
     * the engines on the class path. A file that it passes may still have faults that only {@link #read} finds.
     */
    public static String schema() {
        return EditorSchema.text();
    }

    private static Configuration parse(String yaml, Path home, Substitution substitution) {
        Faults faults = new Faults();
        Node tree = YamlTree.read(yaml, substitution, faults).orElseThrow(faults::rejection);
        Section root = new Section("", tree, home, faults);
        BrokerSection section = new BrokerSection(root.section("broker"));
        List<Section> storeSections = storeSections(root);
        EventBroker broker = root.has("broker") || storeSections.isEmpty() ? section.read() : null;
        List<EventStore> stores = stores(storeSections, broker);
        List<String> later = LaterSections.check(root);
        root.finish();
        Optional<RejectedException> obstacle = section.obstacle().or(() -> notYet(later));
        if (!faults.isEmpty()) {
            obstacle.map(RejectedException::problem)
                    .ifPresent(p -> faults.add(0, "", p.what() + ": " + p.why() + "; " + p.remedy()));
            throw faults.rejection();
        }
        return new Configuration(broker, stores, obstacle.orElse(null));
    }

    /** The one of the section {@code store}, and those of the list {@code stores}. */
    private static List<Section> storeSections(Section root) {
        List<Section> sections = new ArrayList<>();
        if (root.has("store")) {
            sections.add(root.section("store"));
        }
        sections.addAll(root.parts("stores"));
        return sections;
    }

    private static List<EventStore> stores(List<Section> sections, @Nullable EventBroker broker) {
        List<EventStore> stores = new ArrayList<>();
        for (Section section : sections) {
            EventStore store = new StoreSection(section, broker).read();
            if (stores.stream().anyMatch(other -> other.name().equals(store.name()))) {
                section.fault("name", "found " + store.name() + ", which another store has");
            }
            stores.add(store);
        }
        return stores;
    }

    private static String content(Path file) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw RejectedException.config(
                        List.of(file + ": found " + Files.size(file) + " bytes, allowed are " + MAX_BYTES));
            }
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            throw RejectedException.config(List.of(file + ": there is no such file"));
        } catch (MalformedInputException e) {
            throw RejectedException.config(
                    List.of(file + ": found bytes that are not UTF-8, allowed is YAML in UTF-8"));
        } catch (IOException e) {
            throw RejectedException.config(List.of(file + ": can't be read (" + e + ")"));
        }
    }

    private static Optional<RejectedException> notYet(List<String> sections) {
        if (sections.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(RejectedException.engine(
                "This version has no stream processor",
                "the file has a section " + String.join(" and ", sections) + ", which a later version will open",
                "Leave it out of the file until then; all else works without"));
    }

    /**
     * The broker that the file describes, if it does.
     *
     * @throws RejectedException when the file asks for what this version can't do; see {@link #obstacle}
     */
    public Optional<EventBroker> broker() {
        return Optional.ofNullable(possible(broker));
    }

    /** The event stores that the file describes; errors as {@link #broker}. */
    public List<EventStore> stores() {
        return possible(stores);
    }

    /** All that the file describes, in the order in which it is opened; errors as {@link #broker}. */
    public List<Component> components() {
        List<Component> all = new ArrayList<>();
        broker().ifPresent(all::add);
        all.addAll(stores());
        return all;
    }

    private <T extends @Nullable Object> T possible(T part) {
        if (obstacle != null) {
            throw obstacle;
        }
        return part;
    }

    /** Why this version can't open what the file, without a fault in itself, describes. */
    public Optional<RejectedException> obstacle() {
        return Optional.ofNullable(obstacle);
    }

    /** What the file asks for and does not get. Empty when all is as it says. */
    public List<String> remarks() {
        return broker == null ? List.of() : Remarks.of(broker);
    }

    /** What a broker asks for and does not get. */
    public static List<String> remarks(EventBroker broker) {
        return Remarks.of(broker);
    }

    /**
     * The YAML that {@link #parse} reads as the same, with every setting that has a value, but without passwords: instead
     * of those in URLs stand three asterisks.
     */
    public static String yaml(List<? extends Component> components) {
        return ConfigurationText.yaml(components);
    }

    /** As {@link #yaml(List)}, of one. */
    public static String yaml(Component component) {
        return yaml(List.of(component));
    }
}
