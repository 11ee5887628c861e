package io.clusterdb.events.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.RejectedException;
import java.nio.charset.StandardCharsets;

/** Whatever a file says, it is a configuration, or its faults are told. */
class ConfigurationFuzzTest {
    @FuzzTest(maxDuration = "2m")
    void text_is_a_configuration_or_has_faults(byte[] bytes) {
        Configuration configuration;
        try {
            configuration = Configuration.parse(new String(bytes, StandardCharsets.UTF_8), name -> null);
        } catch (RejectedException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.BAD_CONFIG);
            return;
        }
        if (configuration.obstacle().isEmpty()) {
            String yaml = Configuration.yaml(configuration.components());
            assertThat(Configuration.yaml(
                            Configuration.parse(yaml, name -> null).components()))
                    .isEqualTo(yaml);
        }
    }
}
