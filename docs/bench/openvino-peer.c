// SPDX-License-Identifier: Apache-2.0
// One network run by OpenVINO's C API on one thread: `openvino-peer MODEL.onnx INPUT ROWS COLUMNS OUTPUTS` reads ROWS x COLUMNS
// floats from the file INPUT, prints the OUTPUTS floats of its first output, then for each line of standard input runs the
// network for that many seconds and prints the median seconds of computing of a run. Compiled and called by
// network-peers.py.
#include <openvino/c/openvino.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double computed(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void must(ov_status_e status) {
  if (status != OK) {
    fprintf(stderr, "openvino: %s\n", ov_get_error_info(status));
    exit(1);
  }
}

int main(int count, char **arguments) {
  if (count != 6) return 64;
  int64_t shape[2] = {atoll(arguments[3]), atoll(arguments[4])};
  size_t size = (size_t)(shape[0] * shape[1]);
  int outputs = atoi(arguments[5]);
  float *input = malloc(size * sizeof *input);
  FILE *file = fopen(arguments[2], "rb");
  if (!file || fread(input, sizeof *input, size, file) != size) return 66;
  fclose(file);

  ov_core_t *core = NULL;
  ov_model_t *model = NULL;
  ov_compiled_model_t *compiled = NULL;
  ov_infer_request_t *request = NULL;
  ov_tensor_t *tensor = NULL, *result = NULL;
  ov_shape_t dimensions;
  must(ov_core_create(&core));
  must(ov_core_read_model(core, arguments[1], NULL, &model));
  must(ov_core_compile_model(
      core, model, "CPU", 6, &compiled, "PERFORMANCE_HINT", "LATENCY", "INFERENCE_NUM_THREADS", "1",
      "INFERENCE_PRECISION_HINT", "f32"));
  must(ov_compiled_model_create_infer_request(compiled, &request));
  must(ov_shape_create(2, shape, &dimensions));
  must(ov_tensor_create_from_host_ptr(F32, dimensions, input, &tensor));
  must(ov_infer_request_set_input_tensor_by_index(request, 0, tensor));
  must(ov_infer_request_infer(request));
  must(ov_infer_request_get_output_tensor_by_index(request, 0, &result));
  void *values = NULL;
  must(ov_tensor_data(result, &values));
  for (int index = 0; index < outputs; index++) printf("%.9g ", ((float *)values)[index]);
  printf("\n");
  fflush(stdout);

  // Runs are timed together so that reading the clock does not count.
  double first = computed();
  for (int run = 0; run < 10; run++) must(ov_infer_request_infer(request));
  int together = (int)(200e-6 / ((computed() - first) / 10)) + 1;
  enum { MOST = 1000000 };
  double *times = malloc(MOST * sizeof *times);
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    double end = computed() + atof(line);
    int samples = 0;
    while (samples < MOST && (samples < 3 || computed() < end)) {
      double start = computed();
      for (int run = 0; run < together; run++) must(ov_infer_request_infer(request));
      times[samples++] = (computed() - start) / together;
    }
    qsort(times, samples, sizeof *times, ascending);
    printf("%.9g\n", times[samples / 2]);
    fflush(stdout);
  }
  return 0;
}
