otaria_test(NAME weather SOURCES test_weather.c LIBS otaria_sim otaria_release HEAVY)
