"""Names that Keras has; what this front lacks of them is known by name.

The union of Keras 3.15 and tf_keras 2.21, read off the packages.
"""

# module -> its public names in Keras
_TEXT = {
    "layers": """
        AbstractRNNCell Activation ActivityRegularization
        AdaptiveAveragePooling1D AdaptiveAveragePooling2D
        AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D
        AdaptiveMaxPooling3D Add AdditiveAttention AlphaDropout Attention AugMix
        AutoContrast Average AveragePooling1D AveragePooling2D AveragePooling3D
        AvgPool1D AvgPool2D AvgPool3D BatchNormalization Bidirectional
        CategoryEncoding CenterCrop Concatenate
        ContrastLimitedAdaptiveHistogramEqualization Conv1D Conv1DTranspose
        Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D
        ConvLSTM3D Convolution1D Convolution1DTranspose Convolution2D
        Convolution2DTranspose Convolution3D Convolution3DTranspose Cropping1D
        Cropping2D Cropping3D CutMix Dense DenseFeatures DepthwiseConv1D
        DepthwiseConv2D Discretization Dot Dropout ELU EinsumDense Embedding
        Equalization Flatten FlaxLayer GRU GRUCell GaussianDropout GaussianNoise
        GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
        GlobalAvgPool1D GlobalAvgPool2D GlobalAvgPool3D GlobalMaxPool1D
        GlobalMaxPool2D GlobalMaxPool3D GlobalMaxPooling1D GlobalMaxPooling2D
        GlobalMaxPooling3D GroupNormalization GroupQueryAttention HashedCrossing
        Hashing Identity Input InputLayer InputSpec IntegerLookup JaxLayer LSTM
        LSTMCell Lambda Layer LayerNormalization LeakyReLU LocallyConnected1D
        LocallyConnected2D Masking MaxNumBoundingBoxes MaxPool1D MaxPool2D
        MaxPool3D MaxPooling1D MaxPooling2D MaxPooling3D Maximum MelSpectrogram
        Minimum MixUp MultiHeadAttention Multiply Normalization PReLU Permute
        Pipeline RMSNormalization RNN RandAugment RandomBrightness
        RandomColorDegeneration RandomColorJitter RandomContrast RandomCrop
        RandomElasticTransform RandomErasing RandomFlip RandomGaussianBlur
        RandomGrayscale RandomHeight RandomHue RandomInvert RandomPerspective
        RandomPosterization RandomRotation RandomSaturation RandomSharpness
        RandomShear RandomTranslation RandomWidth RandomZoom ReLU RepeatVector
        Rescaling Reshape Resizing ReversibleEmbedding STFTSpectrogram
        SeparableConv1D SeparableConv2D SeparableConvolution1D
        SeparableConvolution2D SimpleRNN SimpleRNNCell Softmax Solarization
        SpatialDropout1D SpatialDropout2D SpatialDropout3D SpectralNormalization
        StackedRNNCells StringLookup Subtract TFSMLayer TextVectorization
        ThresholdedReLU TimeDistributed TorchModuleWrapper UnitNormalization
        UpSampling1D UpSampling2D UpSampling3D Wrapper ZeroPadding1D
        ZeroPadding2D ZeroPadding3D add average concatenate dot maximum minimum
        multiply subtract
        """,
    "optimizers": """
        Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lamb Lion
        LossScaleOptimizer MultiOptimizer Muon Nadam Optimizer OptimizerMap
        RMSprop SGD ScheduleFreeAdamW deserialize get serialize
        """,
    "utils": """
        Config CustomObjectScope FeatureSpace GeneratorEnqueuer OrderedEnqueuer
        Progbar PyDataset Sequence SequenceEnqueuer SidecarEvaluator
        StepsPerExecutionTuner TimedThread array_to_img
        audio_dataset_from_directory bounding_boxes clear_session
        custom_object_scope deserialize_keras_object disable_interactive_logging
        enable_interactive_logging experimental get_custom_objects get_file
        get_registered_name get_registered_object get_source_inputs
        image_dataset_from_directory img_to_array is_interactive_logging_enabled
        is_keras_tensor load_img model_to_dot normalize pack_x_y_sample_weight
        pad_sequences plot_model register_keras_serializable save_img
        serialize_keras_object set_random_seed split_dataset standardize_dtype
        text_dataset_from_directory timeseries_dataset_from_array to_categorical
        to_ordinal unpack_x_y_sample_weight warmstart_embedding_matrix
        """,
    "losses": """
        BinaryCrossentropy BinaryFocalCrossentropy CTC CategoricalCrossentropy
        CategoricalFocalCrossentropy CategoricalGeneralizedCrossEntropy
        CategoricalHinge Circle CosineSimilarity Dice Hinge Huber KLD
        KLDivergence LogCosh Loss MAE MAPE MSE MSLE MeanAbsoluteError
        MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError
        Poisson Reduction SparseCategoricalCrossentropy SquaredHinge Tversky
        binary_crossentropy binary_focal_crossentropy categorical_crossentropy
        categorical_focal_crossentropy categorical_generalized_cross_entropy
        categorical_hinge circle cosine_similarity ctc deserialize dice get
        hinge huber kl_divergence kld kullback_leibler_divergence log_cosh
        logcosh mae mape mean_absolute_error mean_absolute_percentage_error
        mean_squared_error mean_squared_logarithmic_error mse msle poisson
        serialize sparse_categorical_crossentropy squared_hinge tversky
        """,
    "metrics": """
        AUC Accuracy BinaryAccuracy BinaryCrossentropy BinaryIoU
        CategoricalAccuracy CategoricalCrossentropy CategoricalHinge
        ConcordanceCorrelation CosineSimilarity F1Score FBetaScore
        FalseNegatives FalsePositives Hinge IoU KLD KLDivergence LogCoshError
        MAE MAPE MSE MSLE Mean MeanAbsoluteError MeanAbsolutePercentageError
        MeanIoU MeanMetricWrapper MeanRelativeError MeanSquaredError
        MeanSquaredLogarithmicError MeanTensor Metric OneHotIoU OneHotMeanIoU
        PearsonCorrelation Poisson Precision PrecisionAtRecall R2Score Recall
        RecallAtPrecision RootMeanSquaredError SensitivityAtSpecificity
        SparseCategoricalAccuracy SparseCategoricalCrossentropy
        SparseTopKCategoricalAccuracy SpecificityAtSensitivity SquaredHinge Sum
        TopKCategoricalAccuracy TrueNegatives TruePositives binary_accuracy
        binary_crossentropy binary_focal_crossentropy categorical_accuracy
        categorical_crossentropy categorical_focal_crossentropy
        categorical_hinge concordance_correlation deserialize experimental get
        hinge huber kl_divergence kld kullback_leibler_divergence log_cosh
        logcosh mae mape mean_absolute_error mean_absolute_percentage_error
        mean_squared_error mean_squared_logarithmic_error mse msle
        pearson_correlation poisson serialize sparse_categorical_accuracy
        sparse_categorical_crossentropy sparse_top_k_categorical_accuracy
        squared_hinge top_k_categorical_accuracy
        """,
    "callbacks": """
        BackupAndRestore BaseLogger CSVLogger Callback CallbackList
        EarlyStopping History LambdaCallback LearningRateScheduler
        ModelCheckpoint OrbaxCheckpoint ProgbarLogger ReduceLROnPlateau
        RemoteMonitor SidecarEvaluatorModelExport SwapEMAWeights TensorBoard
        TerminateOnNaN
        """,
    "initializers": """
        Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity
        IdentityInitializer Initializer LecunNormal LecunUniform Ones Orthogonal
        OrthogonalInitializer RandomNormal RandomUniform STFT STFTInitializer
        TruncatedNormal VarianceScaling Zeros constant deserialize get
        glorot_normal glorot_uniform he_normal he_uniform identity lecun_normal
        lecun_uniform ones orthogonal random_normal random_uniform serialize
        stft truncated_normal variance_scaling zeros
        """,
    "backend": """
        abs all any arange argmax argmin backend batch_dot batch_flatten
        batch_get_value batch_normalization batch_set_value bias_add
        binary_crossentropy binary_focal_crossentropy cast cast_to_floatx
        categorical_crossentropy categorical_focal_crossentropy clear_session
        clip concatenate constant conv1d conv2d conv2d_transpose conv3d cos
        count_params ctc_batch_cost ctc_decode ctc_label_dense_to_sparse cumprod
        cumsum depthwise_conv2d dot dropout dtype elu epsilon equal eval exp
        expand_dims experimental eye flatten floatx foldl foldr function gather
        get_session get_uid get_value gradients greater greater_equal
        hard_sigmoid image_data_format in_test_phase in_top_k in_train_phase
        int_shape is_float_dtype is_int_dtype is_keras_tensor is_sparse
        l2_normalize learning_phase learning_phase_scope less less_equal
        local_conv1d local_conv2d log manual_variable_initialization map_fn max
        maximum mean min minimum moving_average_update name_scope ndim
        normalize_batch_in_training not_equal one_hot ones ones_like
        permute_dimensions placeholder pool2d pool3d pow print_tensor prod
        random_bernoulli random_binomial random_normal random_normal_variable
        random_uniform random_uniform_variable relu repeat repeat_elements
        reset_uids reshape resize_images resize_volumes result_type reverse rnn
        round separable_conv2d set_epsilon set_floatx set_image_data_format
        set_learning_phase set_session set_value shape sigmoid sign sin softmax
        softplus softsign sparse_categorical_crossentropy spatial_2d_padding
        spatial_3d_padding sqrt square squeeze stack std stop_gradient sum
        switch tanh temporal_padding tile to_dense transpose truncated_normal
        update update_add update_sub var variable zeros zeros_like
        """,
    "activations": """
        celu deserialize elu exponential gelu get glu hard_shrink hard_sigmoid
        hard_silu hard_swish hard_tanh leaky_relu linear log_sigmoid log_softmax
        mish relu relu6 selu serialize sigmoid silu soft_shrink softmax softplus
        softsign sparse_plus sparse_sigmoid sparsemax squareplus swish tanh
        tanh_shrink threshold
        """,
    "models": """
        Model Sequential clone_model experimental load_model model_from_config
        model_from_json model_from_yaml save_model
        """,
    "datasets": """
        boston_housing california_housing cifar10 cifar100 fashion_mnist imdb
        mnist reuters
        """,
}
KERAS = {module: tuple(names.split()) for module, names in _TEXT.items()}

# methods and attributes of Keras' models that this front's lack
METHODS = frozenset(
    """
    add_metric add_weight compute_loss compute_metrics export
    evaluate_generator fit_generator get_metrics_result
    make_predict_function make_test_function make_train_function metrics
    predict_classes predict_generator predict_proba predict_step quantize
    reset_metrics reset_states run_eagerly state_updates stateful test_step
    to_yaml train_step
    """.split()
)
