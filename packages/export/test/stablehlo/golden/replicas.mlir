// Written by chainrule 0.1.0.
module @chainrule attributes {mhlo.num_replicas = 2 : i32, mhlo.num_partitions = 1 : i32} {
  func.func public @main(%arg0: tensor<2x3xf32>, %arg1: tensor<2xf32>, %arg2: tensor<2xf32>, %arg3: tensor<2xf32>, %arg4: tensor<2xf32>, %arg5: tensor<2xf32>, %arg6: tensor<i32>, %arg7: tensor<f64>, %arg8: tensor<f64>, %arg9: tensor<4x3xf32>, %arg10: tensor<4x2xf32>) -> (tensor<f32>, tensor<2x3xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<i32>, tensor<f64>) {
    %0 = "stablehlo.dot_general"(%arg9, %arg0) <{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [], rhs_batching_dimensions = [], lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]>, precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>]}> : (tensor<4x3xf32>, tensor<2x3xf32>) -> tensor<4x2xf32>
    %1 = "stablehlo.broadcast_in_dim"(%arg1) <{broadcast_dimensions = array<i64: 1>}> : (tensor<2xf32>) -> tensor<4x2xf32>
    %2 = "stablehlo.add"(%0, %1) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %3 = "stablehlo.constant"() <{value = dense<1> : tensor<i32>}> : () -> tensor<i32>
    %4 = "stablehlo.add"(%arg6, %3) : (tensor<i32>, tensor<i32>) -> tensor<i32>
    %5 = "stablehlo.constant"() <{value = dense<0x00000000> : tensor<f32>}> : () -> tensor<f32>
    %9 = "stablehlo.reduce"(%2, %5) <{dimensions = array<i64: 0>}> ({
      ^bb0(%6: tensor<f32>, %7: tensor<f32>):
        %8 = "stablehlo.add"(%6, %7) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%8) : (tensor<f32>) -> ()
      }) : (tensor<4x2xf32>, tensor<f32>) -> tensor<2xf32>
    %10 = "stablehlo.reshape"(%9) : (tensor<2xf32>) -> tensor<1x2xf32>
    %11 = "stablehlo.constant"() <{value = dense<0x40800000> : tensor<f32>}> : () -> tensor<f32>
    %12 = "stablehlo.broadcast_in_dim"(%11) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x2xf32>
    %13 = "stablehlo.divide"(%10, %12) : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
    %14 = "stablehlo.reshape"(%13) : (tensor<1x2xf32>) -> tensor<2xf32>
    %15 = "stablehlo.broadcast_in_dim"(%14) <{broadcast_dimensions = array<i64: 1>}> : (tensor<2xf32>) -> tensor<4x2xf32>
    %16 = "stablehlo.subtract"(%2, %15) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %17 = "stablehlo.multiply"(%16, %16) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %21 = "stablehlo.reduce"(%17, %5) <{dimensions = array<i64: 0>}> ({
      ^bb0(%18: tensor<f32>, %19: tensor<f32>):
        %20 = "stablehlo.add"(%18, %19) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%20) : (tensor<f32>) -> ()
      }) : (tensor<4x2xf32>, tensor<f32>) -> tensor<2xf32>
    %22 = "stablehlo.reshape"(%21) : (tensor<2xf32>) -> tensor<1x2xf32>
    %23 = "stablehlo.broadcast_in_dim"(%11) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x2xf32>
    %24 = "stablehlo.divide"(%22, %23) : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
    %25 = "stablehlo.constant"() <{value = dense<0x3727C5AC> : tensor<f32>}> : () -> tensor<f32>
    %26 = "stablehlo.broadcast_in_dim"(%25) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x2xf32>
    %27 = "stablehlo.add"(%24, %26) : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
    %28 = "stablehlo.rsqrt"(%27) : (tensor<1x2xf32>) -> tensor<1x2xf32>
    %29 = "stablehlo.reshape"(%28) : (tensor<1x2xf32>) -> tensor<2xf32>
    %30 = "stablehlo.broadcast_in_dim"(%29) <{broadcast_dimensions = array<i64: 1>}> : (tensor<2xf32>) -> tensor<4x2xf32>
    %31 = "stablehlo.multiply"(%16, %30) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %32 = "stablehlo.reshape"(%13) : (tensor<1x2xf32>) -> tensor<2xf32>
    %33 = "stablehlo.subtract"(%32, %arg4) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    %34 = "stablehlo.constant"() <{value = dense<0x3DCCCCCD> : tensor<f32>}> : () -> tensor<f32>
    %35 = "stablehlo.broadcast_in_dim"(%34) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2xf32>
    %36 = "stablehlo.multiply"(%33, %35) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    %37 = "stablehlo.add"(%arg4, %36) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    %41 = "stablehlo.all_reduce"(%37) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
      ^bb0(%38: tensor<f32>, %39: tensor<f32>):
        %40 = "stablehlo.add"(%38, %39) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%40) : (tensor<f32>) -> ()
      }) : (tensor<2xf32>) -> tensor<2xf32>
    %42 = "stablehlo.constant"() <{value = dense<0x40000000> : tensor<f32>}> : () -> tensor<f32>
    %43 = "stablehlo.broadcast_in_dim"(%42) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2xf32>
    %44 = "stablehlo.divide"(%41, %43) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    %45 = "stablehlo.reshape"(%24) : (tensor<1x2xf32>) -> tensor<2xf32>
    %46 = "stablehlo.constant"() <{value = dense<0x3FAAAAAB> : tensor<f32>}> : () -> tensor<f32>
    %47 = "stablehlo.broadcast_in_dim"(%46) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2xf32>
    %48 = "stablehlo.multiply"(%45, %47) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    %49 = "stablehlo.subtract"(%48, %arg5) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    %50 = "stablehlo.broadcast_in_dim"(%34) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2xf32>
    %51 = "stablehlo.multiply"(%49, %50) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    %52 = "stablehlo.add"(%arg5, %51) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    %56 = "stablehlo.all_reduce"(%52) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
      ^bb0(%53: tensor<f32>, %54: tensor<f32>):
        %55 = "stablehlo.add"(%53, %54) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%55) : (tensor<f32>) -> ()
      }) : (tensor<2xf32>) -> tensor<2xf32>
    %57 = "stablehlo.broadcast_in_dim"(%42) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2xf32>
    %58 = "stablehlo.divide"(%56, %57) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    %59 = "stablehlo.broadcast_in_dim"(%arg2) <{broadcast_dimensions = array<i64: 1>}> : (tensor<2xf32>) -> tensor<4x2xf32>
    %60 = "stablehlo.multiply"(%31, %59) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %61 = "stablehlo.broadcast_in_dim"(%arg3) <{broadcast_dimensions = array<i64: 1>}> : (tensor<2xf32>) -> tensor<4x2xf32>
    %62 = "stablehlo.add"(%60, %61) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %63 = "stablehlo.subtract"(%62, %arg10) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %64 = "stablehlo.multiply"(%63, %63) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %68 = "stablehlo.reduce"(%64, %5) <{dimensions = array<i64: 0, 1>}> ({
      ^bb0(%65: tensor<f32>, %66: tensor<f32>):
        %67 = "stablehlo.add"(%65, %66) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%67) : (tensor<f32>) -> ()
      }) : (tensor<4x2xf32>, tensor<f32>) -> tensor<f32>
    %69 = "stablehlo.constant"() <{value = dense<0x41000000> : tensor<f32>}> : () -> tensor<f32>
    %70 = "stablehlo.divide"(%68, %69) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %71 = "stablehlo.constant"() <{value = dense<0x3F800000> : tensor<f32>}> : () -> tensor<f32>
    %72 = "stablehlo.divide"(%71, %69) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %73 = "stablehlo.compare"(%71, %5) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %74 = "stablehlo.multiply"(%71, %72) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %75 = "stablehlo.select"(%73, %5, %74) : (tensor<i1>, tensor<f32>, tensor<f32>) -> tensor<f32>
    %76 = "stablehlo.reshape"(%75) : (tensor<f32>) -> tensor<1x1xf32>
    %77 = "stablehlo.reshape"(%76) : (tensor<1x1xf32>) -> tensor<f32>
    %78 = "stablehlo.broadcast_in_dim"(%77) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x2xf32>
    %79 = "stablehlo.broadcast_in_dim"(%42) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x2xf32>
    %80 = "stablehlo.multiply"(%63, %79) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %81 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x2xf32>
    %82 = "stablehlo.compare"(%78, %81) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xi1>
    %83 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x2xf32>
    %84 = "stablehlo.multiply"(%78, %80) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %85 = "stablehlo.select"(%82, %83, %84) : (tensor<4x2xi1>, tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %89 = "stablehlo.reduce"(%85, %5) <{dimensions = array<i64: 0>}> ({
      ^bb0(%86: tensor<f32>, %87: tensor<f32>):
        %88 = "stablehlo.add"(%86, %87) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%88) : (tensor<f32>) -> ()
      }) : (tensor<4x2xf32>, tensor<f32>) -> tensor<2xf32>
    %93 = "stablehlo.all_reduce"(%89) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
      ^bb0(%90: tensor<f32>, %91: tensor<f32>):
        %92 = "stablehlo.add"(%90, %91) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%92) : (tensor<f32>) -> ()
      }) : (tensor<2xf32>) -> tensor<2xf32>
    %94 = "stablehlo.broadcast_in_dim"(%42) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2xf32>
    %95 = "stablehlo.divide"(%93, %94) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    %96 = "stablehlo.broadcast_in_dim"(%arg2) <{broadcast_dimensions = array<i64: 1>}> : (tensor<2xf32>) -> tensor<4x2xf32>
    %97 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x2xf32>
    %98 = "stablehlo.compare"(%85, %97) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xi1>
    %99 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x2xf32>
    %100 = "stablehlo.multiply"(%85, %96) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %101 = "stablehlo.select"(%98, %99, %100) : (tensor<4x2xi1>, tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %102 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x2xf32>
    %103 = "stablehlo.compare"(%85, %102) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xi1>
    %104 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x2xf32>
    %105 = "stablehlo.multiply"(%85, %31) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %106 = "stablehlo.select"(%103, %104, %105) : (tensor<4x2xi1>, tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %110 = "stablehlo.reduce"(%106, %5) <{dimensions = array<i64: 0>}> ({
      ^bb0(%107: tensor<f32>, %108: tensor<f32>):
        %109 = "stablehlo.add"(%107, %108) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%109) : (tensor<f32>) -> ()
      }) : (tensor<4x2xf32>, tensor<f32>) -> tensor<2xf32>
    %114 = "stablehlo.all_reduce"(%110) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
      ^bb0(%111: tensor<f32>, %112: tensor<f32>):
        %113 = "stablehlo.add"(%111, %112) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%113) : (tensor<f32>) -> ()
      }) : (tensor<2xf32>) -> tensor<2xf32>
    %115 = "stablehlo.broadcast_in_dim"(%42) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2xf32>
    %116 = "stablehlo.divide"(%114, %115) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    %117 = "stablehlo.reshape"(%28) : (tensor<1x2xf32>) -> tensor<2xf32>
    %118 = "stablehlo.broadcast_in_dim"(%117) <{broadcast_dimensions = array<i64: 1>}> : (tensor<2xf32>) -> tensor<4x2xf32>
    %119 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x2xf32>
    %120 = "stablehlo.compare"(%101, %119) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xi1>
    %121 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x2xf32>
    %122 = "stablehlo.multiply"(%101, %118) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %123 = "stablehlo.select"(%120, %121, %122) : (tensor<4x2xi1>, tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %124 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x2xf32>
    %125 = "stablehlo.compare"(%101, %124) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xi1>
    %126 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x2xf32>
    %127 = "stablehlo.multiply"(%101, %16) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %128 = "stablehlo.select"(%125, %126, %127) : (tensor<4x2xi1>, tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %132 = "stablehlo.reduce"(%128, %5) <{dimensions = array<i64: 0>}> ({
      ^bb0(%129: tensor<f32>, %130: tensor<f32>):
        %131 = "stablehlo.add"(%129, %130) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%131) : (tensor<f32>) -> ()
      }) : (tensor<4x2xf32>, tensor<f32>) -> tensor<2xf32>
    %133 = "stablehlo.reshape"(%132) : (tensor<2xf32>) -> tensor<1x2xf32>
    %134 = "stablehlo.constant"() <{value = dense<0xBF000000> : tensor<f32>}> : () -> tensor<f32>
    %135 = "stablehlo.broadcast_in_dim"(%134) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x2xf32>
    %136 = "stablehlo.multiply"(%28, %135) : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
    %137 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x2xf32>
    %138 = "stablehlo.add"(%27, %137) : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
    %139 = "stablehlo.divide"(%136, %138) : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
    %140 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x2xf32>
    %141 = "stablehlo.compare"(%133, %140) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xi1>
    %142 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x2xf32>
    %143 = "stablehlo.multiply"(%133, %139) : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
    %144 = "stablehlo.select"(%141, %142, %143) : (tensor<1x2xi1>, tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
    %145 = "stablehlo.divide"(%71, %11) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %146 = "stablehlo.broadcast_in_dim"(%145) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x2xf32>
    %147 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x2xf32>
    %148 = "stablehlo.compare"(%144, %147) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xi1>
    %149 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x2xf32>
    %150 = "stablehlo.multiply"(%144, %146) : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
    %151 = "stablehlo.select"(%148, %149, %150) : (tensor<1x2xi1>, tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
    %152 = "stablehlo.reshape"(%151) : (tensor<1x2xf32>) -> tensor<2xf32>
    %153 = "stablehlo.broadcast_in_dim"(%152) <{broadcast_dimensions = array<i64: 1>}> : (tensor<2xf32>) -> tensor<4x2xf32>
    %154 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x2xf32>
    %155 = "stablehlo.compare"(%153, %154) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xi1>
    %156 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x2xf32>
    %157 = "stablehlo.multiply"(%153, %16) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %158 = "stablehlo.select"(%155, %156, %157) : (tensor<4x2xi1>, tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %159 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x2xf32>
    %160 = "stablehlo.compare"(%153, %159) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xi1>
    %161 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x2xf32>
    %162 = "stablehlo.multiply"(%153, %16) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %163 = "stablehlo.select"(%160, %161, %162) : (tensor<4x2xi1>, tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %164 = "stablehlo.add"(%123, %158) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %165 = "stablehlo.add"(%164, %163) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %166 = "stablehlo.negate"(%165) : (tensor<4x2xf32>) -> tensor<4x2xf32>
    %170 = "stablehlo.reduce"(%166, %5) <{dimensions = array<i64: 0>}> ({
      ^bb0(%167: tensor<f32>, %168: tensor<f32>):
        %169 = "stablehlo.add"(%167, %168) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%169) : (tensor<f32>) -> ()
      }) : (tensor<4x2xf32>, tensor<f32>) -> tensor<2xf32>
    %171 = "stablehlo.reshape"(%170) : (tensor<2xf32>) -> tensor<1x2xf32>
    %172 = "stablehlo.divide"(%71, %11) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %173 = "stablehlo.broadcast_in_dim"(%172) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x2xf32>
    %174 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x2xf32>
    %175 = "stablehlo.compare"(%171, %174) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xi1>
    %176 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x2xf32>
    %177 = "stablehlo.multiply"(%171, %173) : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
    %178 = "stablehlo.select"(%175, %176, %177) : (tensor<1x2xi1>, tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
    %179 = "stablehlo.reshape"(%178) : (tensor<1x2xf32>) -> tensor<2xf32>
    %180 = "stablehlo.broadcast_in_dim"(%179) <{broadcast_dimensions = array<i64: 1>}> : (tensor<2xf32>) -> tensor<4x2xf32>
    %181 = "stablehlo.add"(%165, %180) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
    %185 = "stablehlo.reduce"(%181, %5) <{dimensions = array<i64: 0>}> ({
      ^bb0(%182: tensor<f32>, %183: tensor<f32>):
        %184 = "stablehlo.add"(%182, %183) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%184) : (tensor<f32>) -> ()
      }) : (tensor<4x2xf32>, tensor<f32>) -> tensor<2xf32>
    %189 = "stablehlo.all_reduce"(%185) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
      ^bb0(%186: tensor<f32>, %187: tensor<f32>):
        %188 = "stablehlo.add"(%186, %187) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%188) : (tensor<f32>) -> ()
      }) : (tensor<2xf32>) -> tensor<2xf32>
    %190 = "stablehlo.broadcast_in_dim"(%42) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2xf32>
    %191 = "stablehlo.divide"(%189, %190) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    %192 = "stablehlo.dot_general"(%181, %arg9) <{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [], rhs_batching_dimensions = [], lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>]}> : (tensor<4x2xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>
    %196 = "stablehlo.all_reduce"(%192) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
      ^bb0(%193: tensor<f32>, %194: tensor<f32>):
        %195 = "stablehlo.add"(%193, %194) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%195) : (tensor<f32>) -> ()
      }) : (tensor<2x3xf32>) -> tensor<2x3xf32>
    %197 = "stablehlo.broadcast_in_dim"(%42) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2x3xf32>
    %198 = "stablehlo.divide"(%196, %197) : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
    %199 = "stablehlo.constant"() <{value = dense<0x3FF0000000000000> : tensor<f64>}> : () -> tensor<f64>
    %200 = "stablehlo.add"(%arg8, %199) : (tensor<f64>, tensor<f64>) -> tensor<f64>
    %201 = "stablehlo.convert"(%arg7) : (tensor<f64>) -> tensor<f32>
    %202 = "stablehlo.broadcast_in_dim"(%201) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2x3xf32>
    %203 = "stablehlo.multiply"(%198, %202) : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
    %204 = "stablehlo.subtract"(%arg0, %203) : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
    %205 = "stablehlo.broadcast_in_dim"(%201) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2xf32>
    %206 = "stablehlo.multiply"(%191, %205) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    %207 = "stablehlo.subtract"(%arg1, %206) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    %208 = "stablehlo.broadcast_in_dim"(%201) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2xf32>
    %209 = "stablehlo.multiply"(%116, %208) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    %210 = "stablehlo.subtract"(%arg2, %209) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    %211 = "stablehlo.broadcast_in_dim"(%201) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2xf32>
    %212 = "stablehlo.multiply"(%95, %211) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    %213 = "stablehlo.subtract"(%arg3, %212) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    "func.return"(%70, %204, %207, %210, %213, %44, %58, %4, %200) : (tensor<f32>, tensor<2x3xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<i32>, tensor<f64>) -> ()
  }
}
