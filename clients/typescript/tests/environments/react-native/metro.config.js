module.exports = {
  transformer: {
    babelTransformerPath: require.resolve("@react-native/metro-babel-transformer"),
    asyncRequireModulePath: require.resolve("metro-runtime/src/modules/asyncRequire"),
  },
};
