package io.clusterdb.events.acceptance;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.clusterdb.events.Events;
import java.time.Duration;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rooms are as ARCHITECTURE.md prints them, and named as the house names things. Each rule is shown to bite. */
class RoomsTest {
    private static final String ROOT = Events.class.getPackageName();
    private static final String PAPER = House.text("ARCHITECTURE.md");
    private static final JavaClasses WRONG =
            new ClassFileImporter().importPackages(RoomsTest.class.getPackageName() + ".wrong");

    private static final ArchRule NAMES = noClasses()
            .that(DescribedPredicate.not(simpleName("EventManager")))
            .should()
            .haveNameMatching(".*(Impl|Manager|Util|Utils|Helper|Base|Common)")
            .because("such a name does not say what the thing is");
    private static final ArchRule PACKAGES = noClasses()
            .that(resideInAPackage("io.clusterdb.."))
            .should()
            .resideInAnyPackage("..util..", "..common..", "..misc..", "..impl..")
            .because("such a package has no purpose of its own");
    private static final ArchRule NO_SLEEP = noClasses()
            .should()
            .callMethod(Thread.class, "sleep", long.class)
            .orShould()
            .callMethod(Thread.class, "sleep", long.class, int.class)
            .orShould()
            .callMethod(Thread.class, "sleep", Duration.class)
            .orShould()
            .callMethod(TimeUnit.class, "sleep", long.class)
            .because("Patience is how tests wait");
    private static final ArchRule NO_CHECKED_ERRORS = classes()
            .that(DescribedPredicate.describe("are exceptions", found -> found.isAssignableTo(Exception.class)))
            .should()
            .beAssignableTo(RuntimeException.class)
            .because("the sealed family of EventsException says what to do next");

    static List<String> modules() {
        return House.modules();
    }

    // --- who uses whom

    @Test
    void the_packages_of_core_use_each_other_as_the_table_says() {
        assertThat(packages(House.main("core"), ROOT).differences(Rooms.printed(PAPER, "### Packages of core")))
                .isEmpty();
    }

    @Test
    void the_modules_use_each_other_as_the_table_says() {
        NavigableMap<String, NavigableSet<String>> uses = new TreeMap<>();
        modules().forEach(module -> uses.put(module, new TreeSet<>(House.modulesUsedBy(module))));

        assertThat(new Rooms(uses).differences(Rooms.printed(PAPER, "### Modules")))
                .isEmpty();
    }

    @Test
    void no_packages_use_each_other_in_circles_but_the_pairs_that_the_table_names() {
        Rooms packages = packages(House.main("core"), ROOT);
        List<NavigableSet<String>> pairs = Rooms.printedPairs(PAPER, "### Pairs");

        assertThat(packages.joining(pairs).inCircles()).isEmpty();
        assertThat(pairs)
                .allSatisfy(pair -> assertThat(packages.uses().get(pair.first()))
                        .as("%s is a pair no longer", pair)
                        .contains(pair.last()));
    }

    @Test
    void the_table_bites() {
        String paper = "\n### Table\n| package | may use |\n|---|---|\n| `broker` | – |\n| `log` | `broker` |\n";

        Rooms found = packages(WRONG, WRONG_ROOT);

        assertThat(found.differences(Rooms.printed(paper, "### Table")))
                .containsExactly(
                        "broker uses store, which the table does not allow",
                        "log is in the table, but not in the house",
                        "root is in the house, but not in the table",
                        "store is in the house, but not in the table",
                        "util is in the house, but not in the table");
        assertThat(found.inCircles()).containsExactly("broker", "store");
    }

    private static final String WRONG_ROOT = RoomsTest.class.getPackageName() + ".wrong";

    private static Rooms packages(JavaClasses classes, String root) {
        return Rooms.of(classes, name -> room(name, root));
    }

    /** The front door is a room of its own; the other types of the root are the dictionary. */
    private static String room(String className, String root) {
        String local = className.substring(root.length() + 1);
        if (local.contains(".")) {
            return local.substring(0, local.indexOf('.'));
        }
        return local.equals("Events") || local.startsWith("Events$") ? "Events" : "root";
    }

    @Test
    void broker_and_store_never_see_each_other() {
        ArchRule broker = noClasses()
                .that()
                .resideInAPackage("..broker..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("..store..");
        ArchRule store = noClasses()
                .that()
                .resideInAPackage("..store..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("..broker..")
                .allowEmptyShould(true);

        broker.check(House.main("core"));
        store.check(House.main("core"));
        assertThat(violations(broker)).isPositive();
        assertThat(violations(store)).isPositive();
    }

    // --- names

    @ParameterizedTest
    @MethodSource("modules")
    void names_say_what_a_thing_is(String module) {
        NAMES.check(House.main(module));
        PACKAGES.check(House.main(module));
    }

    @Test
    void names_of_test_types_do_too() {
        ArchRule outside = noClasses()
                .that(DescribedPredicate.not(resideInAPackage("..acceptance.wrong..")))
                .should()
                .haveNameMatching(".*(Impl|Manager|Util|Utils|Helper|Base|Common)");

        outside.check(House.tests());
    }

    @ParameterizedTest
    @ValueSource(strings = {"EventUtils", "StoreImpl", "TopicManager"})
    void wrong_names_are_found(String name) {
        assertThat(NAMES.evaluate(WRONG).getFailureReport().getDetails()).anyMatch(detail -> detail.contains(name));
    }

    @Test
    void wrong_packages_are_found() {
        assertThat(violations(PACKAGES)).isPositive();
    }

    // --- engines

    @ParameterizedTest
    @ValueSource(strings = {"rocksdb", "kafka", "postgres"})
    void an_engine_is_one_flat_package_with_at_most_three_public_types(String module) {
        JavaClasses engine = House.main(module);

        assertThat(packageNames(engine)).containsExactly(ROOT + "." + module);
        assertThat(publicTypes(engine)).hasSizeLessThanOrEqualTo(3);
    }

    @Test
    void what_an_engine_must_not_be_is_found() {
        assertThat(packageNames(WRONG)).hasSizeGreaterThan(1);
        assertThat(publicTypes(WRONG)).hasSizeGreaterThan(3);
    }

    private static List<String> packageNames(JavaClasses classes) {
        return classes.stream()
                .map(JavaClass::getPackageName)
                .distinct()
                .sorted()
                .toList();
    }

    private static List<String> publicTypes(JavaClasses classes) {
        return classes.stream()
                .filter(JavaClass::isTopLevelClass)
                .filter(found -> found.getModifiers().contains(JavaModifier.PUBLIC))
                .map(JavaClass::getName)
                .toList();
    }

    // --- nulls, exceptions, tests

    @ParameterizedTest
    @MethodSource("modules")
    void every_package_says_that_it_has_no_nulls_but_those_it_marks(String module) {
        assertThat(unmarked(House.main(module))).isEmpty();
    }

    @Test
    void a_package_that_does_not_say_so_is_found() {
        assertThat(unmarked(WRONG)).contains(WRONG_ROOT + ".util");
    }

    private static List<String> unmarked(JavaClasses classes) {
        return classes.stream()
                .map(JavaClass::getPackage)
                .distinct()
                .filter(found -> !isMarked(found))
                .map(JavaPackage::getName)
                .sorted()
                .toList();
    }

    private static boolean isMarked(JavaPackage found) {
        return found.tryGetPackageInfo()
                .map(info -> info.isAnnotatedWith(NullMarked.class))
                .orElse(false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"core", "rocksdb", "kafka", "postgres"})
    void errors_are_unchecked(String module) {
        NO_CHECKED_ERRORS.allowEmptyShould(true).check(House.main(module));
    }

    @Test
    void a_checked_error_is_found() {
        assertThat(violations(NO_CHECKED_ERRORS)).isEqualTo(1);
    }

    @Test
    void tests_have_no_mocks_and_do_not_sleep() {
        JavaClasses tests = House.tests().that(DescribedPredicate.not(resideInAPackage("..acceptance.wrong..")));

        noUseOf("org.mockito..", "org.easymock..").check(tests);
        NO_SLEEP.check(tests);
    }

    @Test
    void a_test_with_mocks_or_sleep_is_found() {
        assertThat(violations(NO_SLEEP)).isEqualTo(2);
        assertThat(violations(noUseOf("java.util.concurrent.."))).isPositive();
    }

    private static ArchRule noUseOf(String... packages) {
        return noClasses().should().dependOnClassesThat().resideInAnyPackage(packages);
    }

    private static int violations(ArchRule rule) {
        return rule.evaluate(WRONG).getFailureReport().getDetails().size();
    }
}
